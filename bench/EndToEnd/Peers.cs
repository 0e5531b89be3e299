using System.Collections.Generic;
using System.IO;

namespace CacheDaemon.Bench.EndToEnd;

/// <summary>What else one could have: a cache written in an afternoon, and the best known cache of a compiler.</summary>
internal static class Peers
{
    /// <summary>A dozen lines of bash around helm: key by <c>find</c> and <c>sha256sum</c>, hit by <c>cat</c>.</summary>
    public static Contender Script(BenchHome home, string chart, IEnumerable<string> arguments)
    {
        string script = home.At("script-cache.sh");
        File.WriteAllText(
            script,
            $$"""
            #!/bin/bash
            chart=$1; shift
            key=$( { printf '%s\0' "$@"; find "$chart" -type f -print0 | sort -z | xargs -0 sha256sum; } | sha256sum)
            file={{home.At("script-cache")}}/${key%% *}
            if [[ ! -f $file ]]; then
              mkdir -p "${file%/*}"
              {{home.RealHelm}} "$@" >"$file.$$" || exit
              mv "$file.$$" "$file"
            fi
            exec cat "$file"

            """
        );
        return home.Other("bash script", "/bin/bash", [script, chart, .. arguments]);
    }

    /// <summary>A direct-mode hit of ccache on one small C file; null when ccache or a compiler is not installed.</summary>
    public static Contender? Ccache(BenchHome home)
    {
        if (!File.Exists("/usr/bin/ccache") || !File.Exists("/usr/bin/gcc"))
            return null;
        string source = home.At("hello.c");
        File.WriteAllText(source, "int main(void) { return 0; }\n");
        var environment = new Dictionary<string, string>(home.Environment) { ["CCACHE_DIR"] = home.At("ccache") };
        return new Contender("ccache", "/usr/bin/ccache", ["/usr/bin/gcc", "-c", source, "-o", home.At("hello.o")], environment);
    }
}
