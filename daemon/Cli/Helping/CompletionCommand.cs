using System;
using System.Collections.Generic;
using System.CommandLine;
using CacheDaemon.Daemon.Cli.Installing;

namespace CacheDaemon.Daemon.Cli.Helping;

/// <summary>
/// Prints a script that completes <c>helmcached</c> in a shell. The scripts hold no list: they ask the program itself, by the
/// <c>[suggest:position]</c> directive of System.CommandLine (about 10 ms), so a new option is completed from the day on which it exists.
/// </summary>
internal static class CompletionCommand
{
    // Short and spelled-out forms of --help are only in the way: a suggestion starts with a letter, a digit or two hyphens.
    private const string Wanted = "'^(--|[[:alnum:]])'";

    private static readonly Dictionary<string, string> s_scripts = new(StringComparer.Ordinal)
    {
        ["bash"] = $$"""
            # bash completion for helmcached; load it with: source <(helmcached completion bash)
            _helmcached() {
              local IFS=$'\n' word="${COMP_WORDS[COMP_CWORD]}"
              COMPREPLY=($(compgen -W "$(helmcached "[suggest:${COMP_POINT}]" "${COMP_LINE}" 2>/dev/null | grep -E {{Wanted}})" -- "$word"))
            }
            complete -o bashdefault -o default -F _helmcached helmcached
            """,
        ["zsh"] = $$"""
            #compdef helmcached
            # zsh completion for helmcached; load it with: source <(helmcached completion zsh)
            _helmcached() {
              local line="${(j: :)words[1,CURRENT]}"
              local -a found
              found=("${(@f)$(helmcached "[suggest:${#line}]" "$line" 2>/dev/null | grep -E {{Wanted}})}")
              if (( ${#found} )) && [[ -n "${found[1]}" ]]; then
                compadd -a found || _files
              else
                _files
              fi
            }
            if [[ "${funcstack[1]-}" == _helmcached ]]; then _helmcached "$@"; else compdef _helmcached helmcached; fi
            """,
        ["fish"] = $$"""
            # fish completion for helmcached; load it with: helmcached completion fish | source
            function __helmcached_suggest
                set -l line (commandline -cp)
                helmcached "[suggest:"(string length -- "$line")"]" "$line" 2>/dev/null | grep -E {{Wanted}}
            end
            complete -c helmcached -a '(__helmcached_suggest)'
            """,
        ["pwsh"] = """
            # PowerShell completion for helmcached; load it with: helmcached completion pwsh | Out-String | Invoke-Expression
            Register-ArgumentCompleter -Native -CommandName helmcached -ScriptBlock {
                param($word, $line, $position)
                $text = "$line".PadRight($position)
                helmcached "[suggest:$position]" $text 2>$null |
                    Where-Object { $_ -match '^(--|[a-z0-9])' -and $_ -like "$word*" } |
                    ForEach-Object { [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_) }
            }
            """,
    };

    /// <summary>The command with its argument.</summary>
    public static Command Create()
    {
        var shell = new Argument<string>("shell") { Description = "bash, zsh, fish or pwsh." };
        shell.AcceptOnlyFromAmong(Shell.Names);
        var command = new Command("completion", "Print a script that completes helmcached in a shell: source <(helmcached completion bash)") { shell };
        command.SetAction(parsed =>
        {
            Console.WriteLine(s_scripts[parsed.GetValue(shell)!]);
            return ExitCodes.Ok;
        });
        return command;
    }
}
