using System;
using System.Collections.Generic;
using System.CommandLine;
using CacheDaemon.Daemon.Cli.Machine;

namespace CacheDaemon.Daemon.Cli.Helping;

/// <summary>
/// Prints a script that completes <c>helmcached</c> in a shell. The scripts hold no list: they ask the program itself
/// (<see cref="Completion"/>, about 10 ms), so a new option is completed from the day on which it exists. Files are offered only where the
/// program says that one belongs.
/// </summary>
internal static class CompletionCommand
{
    private static readonly Dictionary<string, string> s_scripts = new(StringComparer.Ordinal)
    {
        ["bash"] = """
            # bash completion for helmcached; load it with: source <(helmcached completion bash)
            _helmcached() {
              local IFS=$'\n' word="${COMP_WORDS[COMP_CWORD]}" found
              found="$(helmcached __complete "${COMP_LINE:0:COMP_POINT}" 2>/dev/null)"
              COMPREPLY=()
              case "$found" in
                :files) compopt -o default 2>/dev/null ;;
                :directories) compopt -o dirnames 2>/dev/null ;;
                *) COMPREPLY=($(compgen -W "$(cut -f 1 <<<"$found")" -- "$word")) ;;
              esac
            }
            complete -F _helmcached helmcached
            """,
        ["zsh"] = """
            #compdef helmcached
            # zsh completion for helmcached; load it with: source <(helmcached completion zsh)
            _helmcached() {
              local line="${(j: :)words[1,CURRENT]}"
              local -a found labels shown
              found=("${(@f)$(helmcached __complete "$line" 2>/dev/null)}")
              case "${found[1]-}" in
                '') ;;
                :files) _files ;;
                :directories) _files -/ ;;
                *)
                  labels=("${(@)found%%$'\t'*}")
                  shown=("${(@)found/$'\t'/  -- }")
                  compadd -l -d shown -a labels
                  ;;
              esac
            }
            if [[ "${funcstack[1]-}" == _helmcached ]]; then _helmcached "$@"; else compdef _helmcached helmcached; fi
            """,
        ["fish"] = """
            # fish completion for helmcached; load it with: helmcached completion fish | source
            function __helmcached_complete
                set -l found (helmcached __complete (commandline -cp | string collect) 2>/dev/null)
                switch "$found[1]"
                    case :files
                        __fish_complete_path (commandline -ct)
                    case :directories
                        __fish_complete_directories (commandline -ct)
                    case '*'
                        string join \n -- $found
                end
            end
            complete -c helmcached -f -a '(__helmcached_complete)'
            """,
        ["pwsh"] = """
            # PowerShell completion for helmcached; load it with: helmcached completion pwsh | Out-String | Invoke-Expression
            Register-ArgumentCompleter -Native -CommandName helmcached -ScriptBlock {
                param($word, $line, $position)
                $text = "$line".PadRight($position).Substring(0, $position)
                helmcached __complete $text 2>$null | ForEach-Object {
                    if ($_ -eq ':files' -or $_ -eq ':directories') {
                        [System.Management.Automation.CompletionCompleters]::CompleteFilename($word)
                    } else {
                        $label, $means = "$_" -split "`t", 2
                        if ($label -like "$word*") {
                            if (-not $means) { $means = $label }
                            [System.Management.Automation.CompletionResult]::new($label, $label, 'ParameterValue', $means)
                        }
                    }
                }
            }
            """,
    };

    /// <summary>The command with its argument.</summary>
    public static Command Create()
    {
        var shell = new Argument<string>("shell") { Description = "bash, zsh, fish or pwsh." };
        shell.AcceptOnlyFromAmong(Shell.Names);
        var command = new Command("completion", "Print a script that completes helmcached in a shell: source <(helmcached completion bash)")
        {
            shell,
        };
        command.SetAction(parsed =>
        {
            Console.WriteLine(s_scripts[parsed.GetValue(shell)!]);
            return ExitCodes.Ok;
        });
        return command;
    }
}
