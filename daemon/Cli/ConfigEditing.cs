using System;
using System.Collections.Generic;
using System.CommandLine;
using System.CommandLine.Completions;
using System.IO;
using System.Linq;
using System.Text;
using CacheDaemon.Client.Helm;
using CacheDaemon.Daemon.Cli.Installing;
using CacheDaemon.Daemon.Configuration;

namespace CacheDaemon.Daemon.Cli;

/// <summary>
/// <c>helmcached config get</c> and <c>config set</c>: one setting, for scripts and for people who do not want to open an editor.
/// </summary>
internal static class ConfigEditing
{
    public static Command Get()
    {
        Argument<string> key = Key();
        var get = new Command("get", "Print the value of one setting.") { key };
        get.SetAction(parsed => Known(parsed.GetValue(key)!) is { } setting ? Print(setting) : ExitCodes.Usage);
        return get;
    }

    public static Command Set()
    {
        Argument<string> key = Key();
        var values = new Argument<string[]>("value")
        {
            Description = "The new value; several for a list.",
            Arity = ArgumentArity.OneOrMore,
        };
        var set = new Command("set", "Write one setting to the configuration file. Comments and other lines stay.") { key, values };
        set.SetAction(parsed => Known(parsed.GetValue(key)!) is { } setting ? Write(setting, parsed.GetValue(values)!) : ExitCodes.Usage);
        return set;
    }

    private static Argument<string> Key()
    {
        var key = new Argument<string>("key") { Description = "A setting, such as idle_exit or store.max_size." };
        key.CompletionSources.Add(static _ =>
            Settings.All.Select(static setting => new CompletionItem(setting.Key, detail: setting.Purpose))
        );
        return key;
    }

    /// <summary>The words of a setting that takes one of a few; empty for others, and for no setting.</summary>
    public static IEnumerable<string> Words(string key) =>
        Settings.Find(key) is { IsList: false } setting
            ? ((string[])["true", "false", "off", "error", "info", "debug", "disk", "memory", "never", "read", "write", "encrypted"]).Where(
                word => setting.Parse(new DaemonOptions(), [word]) is not null
            )
            : [];

    private static Setting? Known(string key)
    {
        if (Settings.Find(key) is { } setting)
            return setting;
        Terminal.WrongUsage(Settings.Unknown(Terminal.Harmless(key)));
        return null;
    }

    private static int Print(Setting setting)
    {
        Console.WriteLine(setting.Show(EffectiveSettings.ForCalls().Options));
        return ExitCodes.Ok;
    }

    private static int Write(Setting setting, string[] words)
    {
        if (words.Length > 1 && !setting.IsList)
            return Terminal.WrongUsage($"{setting.Key} takes one value");
        if (ConfigurationEdit.Items(words) is not { } values || setting.Parse(new DaemonOptions(), values) is null)
            return Terminal.WrongUsage(setting.Refusal(string.Join(' ', words)));
        if (setting.Key == "helm" && values[0].Length > 0 && HelmLocator.Problem(values[0], out _) is { } problem)
            return Terminal.WrongUsage($"helm: {Terminal.Harmless(values[0])} {problem}");
        string file = ConfiguredHelm.File() ?? throw new IOException("this account has no home directory; set HELMCACHED_CONFIG to a file");
        if (Directory.Exists(file))
            throw new IOException($"{file} is a directory; name a file in it");
        byte[] before = CarefulFile.Read(file);
        CarefulFile.Replace(file, before, Changed(file, before, setting, words));
        string value = setting.Show(EffectiveSettings.ForDaemon().Options);
        Console.WriteLine($"Set {setting.Key} to {string.Join(' ', words)} in {file}");
        if (Environment.GetEnvironmentVariable(setting.Variable) is { Length: > 0 } other)
            Console.Error.WriteLine(
                $"helmcached: {setting.Variable} is set to {Terminal.Harmless(other)} here and takes precedence over the file"
            );
        else if (setting.Key != "helm" && ConfigCommand.Running().TryGetValue(setting.Key, out string? has) && has != value)
            Console.WriteLine($"The running daemon still uses {has}. Run `helmcached stop`; the next render starts it with the new value");
        return ExitCodes.Ok;
    }

    private static byte[] Changed(string file, byte[] before, Setting setting, string[] words)
    {
        try
        {
            string text = ConfigurationEdit.Set(new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(before), setting, words);
            byte[] after = Encoding.UTF8.GetBytes(text);
            // The shim reads this line, and no YAML.
            if (setting.Key == "helm" && (ConfiguredHelm.Find(after) ?? "") != words[0])
                throw new IOException("the shim cannot read that: helm: must be at the start of its own line");
            return after;
        }
        catch (DecoderFallbackException)
        {
            throw new IOException($"{file} is not UTF-8 and was not changed");
        }
        catch (IOException e)
        {
            throw new IOException($"{file} was not changed: {e.Message}", e);
        }
    }
}
