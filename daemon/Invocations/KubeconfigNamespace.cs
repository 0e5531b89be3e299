using System;
using System.Collections.Generic;

namespace CacheDaemon.Daemon.Invocations;

/// <summary>One kubeconfig as read.</summary>
/// <param name="Path">Absolute path; relative paths inside are relative to its directory.</param>
/// <param name="Content">
/// Its bytes, or null when the file does not exist. A file that cannot be read is not to be passed here: bypass.
/// </param>
internal readonly record struct KubeconfigFile(string Path, ReadOnlyMemory<byte>? Content);

/// <summary>What the kubeconfigs say about the namespace.</summary>
internal abstract record KubeconfigAnswer
{
    private KubeconfigAnswer() { }

    /// <summary>
    /// The namespace, in a cluster too, provided that each of <paramref name="MustOpen"/> can be opened for reading (clientcmd tries; when
    /// one cannot, bypass).
    /// </summary>
    public sealed record Found(string Namespace, IReadOnlyList<string> MustOpen) : KubeconfigAnswer;

    /// <summary>No namespace is named: the in-cluster one when there is one, else <c>default</c>. The same proviso holds.</summary>
    public sealed record Absent(IReadOnlyList<string> MustOpen) : KubeconfigAnswer;

    /// <summary>Not surely understood: bypass.</summary>
    public sealed record Doubtful : KubeconfigAnswer;
}

/// <summary>
/// The namespace of the current context in merged kubeconfigs, as client-go's clientcmd finds it (<c>ClientConfigLoadingRules.Load</c>,
/// <c>DeferredLoadingClientConfig.Namespace</c>, <c>DirectClientConfig.ConfirmUsable</c>). Pure.
/// </summary>
/// <remarks>
/// helm ignores errors and uses <c>default</c>. An error is not only bad YAML: a user with two ways to authenticate, a missing CA or client
/// certificate file, an exec plugin without version, a bad proxy URL all count (seen on both helms, <c>KubeconfigNamespaceTests</c>). So a
/// file is understood only in the exact shape that tools write.
/// </remarks>
internal static class KubeconfigNamespace
{
    private const string Default = "default";

    /// <summary>Answers for <paramref name="files"/> in order of priority.</summary>
    /// <param name="files">What <see cref="NamespaceInputs.KubeconfigPaths"/> name.</param>
    /// <param name="isExplicit"><see cref="NamespaceInputs.KubeconfigIsExplicit"/>.</param>
    /// <param name="context"><see cref="NamespaceInputs.Context"/>.</param>
    public static KubeconfigAnswer Of(IReadOnlyList<KubeconfigFile> files, bool isExplicit, string? context)
    {
        var merged = new Merged();
        foreach (KubeconfigFile file in files)
        {
            if (file.Content is not { } content)
            {
                if (isExplicit)
                    return new KubeconfigAnswer.Found(Default, []);
                continue;
            }
            if (Kubeconfig.TryParse(file.Path, content.Span) is not { } parsed || !merged.TryAdd(parsed))
                return new KubeconfigAnswer.Doubtful();
        }
        return merged.Answer(context ?? merged.CurrentContext);
    }

    private sealed class Merged
    {
        private readonly Dictionary<string, Kubeconfig.Context> _contexts = [];
        private readonly Dictionary<string, Kubeconfig.Usable> _clusters = [];
        private readonly Dictionary<string, Kubeconfig.Usable> _users = [];

        public string CurrentContext { get; private set; } = "";

        // The first file that names something wins, but entries of one name are merged field by field: not imitated.
        public bool TryAdd(Kubeconfig file)
        {
            if (CurrentContext.Length == 0)
                CurrentContext = file.CurrentContext;
            return TryAddAll(_contexts, file.Contexts) && TryAddAll(_clusters, file.Clusters) && TryAddAll(_users, file.Users);
        }

        public KubeconfigAnswer Answer(string contextName)
        {
            if (contextName.Length == 0)
                return new KubeconfigAnswer.Absent([]);
            if (!_contexts.TryGetValue(contextName, out Kubeconfig.Context context))
                return new KubeconfigAnswer.Found(Default, []);
            var mustOpen = new List<string>();
            if (!IsUsable(_clusters, context.Cluster, mustOpen) || !IsUsable(_users, context.User, mustOpen))
                return new KubeconfigAnswer.Doubtful();
            return context.Namespace.Length == 0
                ? new KubeconfigAnswer.Absent(mustOpen)
                : new KubeconfigAnswer.Found(context.Namespace, mustOpen);
        }

        private static bool TryAddAll<T>(Dictionary<string, T> into, IReadOnlyDictionary<string, T> from)
        {
            foreach ((string name, T item) in from)
                if (!into.TryAdd(name, item))
                    return false;
            return true;
        }

        // A name that leads nowhere is no error (seen).
        private static bool IsUsable(Dictionary<string, Kubeconfig.Usable> items, string name, List<string> mustOpen)
        {
            if (!items.TryGetValue(name, out Kubeconfig.Usable item))
                return true;
            mustOpen.AddRange(item.MustOpen);
            return item.IsSurelyValid;
        }
    }
}
