using System;
using System.Buffers;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Text;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace CacheDaemon.Daemon.Invocations;

/// <summary>
/// One kubeconfig in the shape that kubectl and the cloud tools write (client-go's <c>tools/clientcmd/api/v1/types.go</c>), or nothing: an
/// unknown field, an unusual spelling or a wrong type anywhere is not understood, since one bad field makes clientcmd drop the whole file.
/// </summary>
internal sealed class Kubeconfig
{
    private const int MaxBytes = 4 * 1024 * 1024;
    private static readonly UTF8Encoding s_strictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private static readonly SearchValues<char> s_ofHosts = SearchValues.Create(
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-."
    );

    private static readonly string[] s_clusterFields =
    [
        "server",
        "tls-server-name",
        "insecure-skip-tls-verify",
        "certificate-authority",
        "certificate-authority-data",
        "proxy-url",
        "disable-compression",
        "extensions",
    ];

    private static readonly string[] s_userFields =
    [
        "client-certificate",
        "client-certificate-data",
        "client-key",
        "client-key-data",
        "token",
        "tokenFile",
        "as",
        "as-uid",
        "as-groups",
        "as-user-extra",
        "username",
        "password",
        "auth-provider",
        "exec",
        "extensions",
    ];

    private readonly Dictionary<string, Context> _contexts = [];
    private readonly Dictionary<string, Usable> _clusters = [];
    private readonly Dictionary<string, Usable> _users = [];
    private readonly string _path;

    private Kubeconfig(string path) => _path = path;

    /// <summary>What <c>current-context</c> names; may be empty.</summary>
    public string CurrentContext { get; private set; } = "";

    public IReadOnlyDictionary<string, Context> Contexts => _contexts;

    public IReadOnlyDictionary<string, Usable> Clusters => _clusters;

    public IReadOnlyDictionary<string, Usable> Users => _users;

    /// <summary>A context; each part may be empty.</summary>
    internal readonly record struct Context(string Cluster, string User, string Namespace);

    /// <summary>A cluster or user: whether clientcmd's validation surely accepts it, given that some files open.</summary>
    internal readonly record struct Usable(bool IsSurelyValid, IReadOnlyList<string> MustOpen);

    /// <summary>The file, or null when it is not surely understood.</summary>
    public static Kubeconfig? TryParse(string path, ReadOnlySpan<byte> content)
    {
        var file = new Kubeconfig(path);
        if (content.IsEmpty)
            return file;
        if (content.Length > MaxBytes)
            return null;
        try
        {
            string text = s_strictUtf8.GetString(content);
            // Neither parser agrees with the other on these corners.
            if (text.AsSpan().ContainsAny('\t', '\uFEFF', '\0') || text.StartsWith('%') || text.Contains("\n%", StringComparison.Ordinal))
                return null;
            var stream = new YamlStream();
            stream.Load(new StringReader(text));
            return stream.Documents.Count == 1 && file.TakeRoot(stream.Documents[0].RootNode) ? file : null;
        }
        catch (Exception e) when (e is YamlException or DecoderFallbackException or ArgumentException)
        {
            return null;
        }
    }

    private bool TakeRoot(YamlNode root)
    {
        if (Map(root) is not { } map)
            return false;
        foreach ((YamlNode key, YamlNode value) in map)
        {
            bool ok = KubeconfigYaml.Text(key) switch
            {
                "apiVersion" => KubeconfigYaml.Text(value) is "v1",
                "kind" => KubeconfigYaml.Text(value) is "Config",
                "current-context" => KubeconfigYaml.Text(value) is { } name && (CurrentContext = name) is not null,
                "preferences" => KubeconfigYaml.IsNull(value) || Map(value) is { Count: 0 },
                "extensions" => KubeconfigYaml.IsExtensions(value),
                "contexts" => TakeNamed(value, "context", _contexts, TakeContext),
                "clusters" => TakeNamed(value, "cluster", _clusters, TakeCluster),
                "users" => TakeNamed(value, "user", _users, TakeUser),
                var other => KubeconfigYaml.IsForeign(
                    other,
                    value,
                    "apiVersion",
                    "kind",
                    "current-context",
                    "preferences",
                    "extensions",
                    "contexts",
                    "clusters",
                    "users"
                ),
            };
            if (!ok)
                return false;
        }
        return true;
    }

    private static bool TakeNamed<T>(
        YamlNode list,
        string field,
        Dictionary<string, T> into,
        Func<IReadOnlyList<KeyValuePair<YamlNode, YamlNode>>, T?> take
    )
        where T : struct
    {
        if (KubeconfigYaml.IsNull(list))
            return true;
        if (KubeconfigYaml.Items(list) is not { } items)
            return false;
        foreach (YamlNode item in items)
        {
            if (Map(item) is not { } map)
                return false;
            YamlNode? name = null,
                body = null;
            foreach ((YamlNode key, YamlNode value) in map)
            {
                string? text = KubeconfigYaml.Text(key);
                if (text == "name")
                    name = value;
                else if (text == field)
                    body = value;
                else if (!KubeconfigYaml.IsForeign(text, value, "name", field))
                    return false;
            }
            if (
                name is null
                || body is null
                || KubeconfigYaml.Text(name) is not { Length: > 0 } word
                || Map(body) is not { } fields
                || take(fields) is not { } taken
                || !into.TryAdd(word, taken)
            )
                return false;
        }
        return true;
    }

    private static Context? TakeContext(IReadOnlyList<KeyValuePair<YamlNode, YamlNode>> fields)
    {
        var context = new Context("", "", "");
        foreach ((YamlNode key, YamlNode value) in fields)
        {
            string? field = KubeconfigYaml.Text(key);
            if (field == "extensions")
            {
                if (!KubeconfigYaml.IsExtensions(value))
                    return null;
                continue;
            }
            if (KubeconfigYaml.IsForeign(field, value, "cluster", "user", "namespace", "extensions"))
                continue;
            if (KubeconfigYaml.Text(value) is not { } text)
                return null;
            switch (field)
            {
                case "cluster":
                    context = context with { Cluster = text };
                    break;
                case "user":
                    context = context with { User = text };
                    break;
                case "namespace":
                    context = context with { Namespace = text };
                    break;
                default:
                    return null;
            }
        }
        return context;
    }

    private Usable? TakeCluster(IReadOnlyList<KeyValuePair<YamlNode, YamlNode>> fields)
    {
        var mustOpen = new List<string>();
        bool valid = true,
            hasAuthorityData = false;
        foreach ((YamlNode key, YamlNode value) in fields)
        {
            string? field = KubeconfigYaml.Text(key);
            string? text = KubeconfigYaml.Text(value);
            switch (field)
            {
                case "server" or "tls-server-name" when text is not null:
                    break;
                case "insecure-skip-tls-verify" or "disable-compression" when KubeconfigYaml.IsBool(value):
                    break;
                case "proxy-url" when text is not null:
                    valid &= text.Length == 0 || IsProxy(text);
                    break;
                case "certificate-authority" when text is not null:
                    valid &= TakeFile(text, mustOpen);
                    break;
                case "certificate-authority-data" when KubeconfigYaml.IsBase64(text):
                    hasAuthorityData = text!.Length > 0;
                    break;
                case "extensions" when KubeconfigYaml.IsExtensions(value):
                    break;
                case var other when KubeconfigYaml.IsForeign(other, value, s_clusterFields):
                    break;
                default:
                    return null;
            }
        }
        return new Usable(valid && !(hasAuthorityData && mustOpen.Count > 0), mustOpen);
    }

    private Usable? TakeUser(IReadOnlyList<KeyValuePair<YamlNode, YamlNode>> fields)
    {
        var given = new HashSet<string>();
        var mustOpen = new List<string>();
        bool valid = true;
        foreach ((YamlNode key, YamlNode value) in fields)
        {
            if (KubeconfigYaml.Text(key) is not { } field)
                return null;
            string? text = KubeconfigYaml.Text(value);
            switch (field)
            {
                case "token" or "tokenFile" or "username" or "password" or "as" or "as-uid" when text is not null:
                    break;
                case "as-groups" when KubeconfigYaml.IsNull(value):
                    break;
                case "as-groups" when KubeconfigYaml.IsTextList(value):
                    text = "given";
                    break;
                case "client-certificate" or "client-key" when text is not null:
                    valid &= TakeFile(text, mustOpen);
                    break;
                case "client-certificate-data" or "client-key-data" when KubeconfigYaml.IsBase64(text):
                    break;
                case "auth-provider" when KubeconfigYaml.IsAuthProvider(value):
                    text = "given";
                    break;
                case "exec" when KubeconfigYaml.IsExec(value, out bool surelyValid):
                    valid &= surelyValid;
                    text = "given";
                    break;
                case "extensions" when KubeconfigYaml.IsExtensions(value):
                    break;
                case var other when KubeconfigYaml.IsForeign(other, value, s_userFields):
                    break;
                default:
                    return null;
            }
            if (!string.IsNullOrEmpty(text))
                given.Add(field);
        }
        return new Usable(valid && IsOneMethod(given), mustOpen);
    }

    // clientcmd's parseProxyURL: one of three schemes; here in its plainest form.
    private static bool IsProxy(string text)
    {
        int scheme = text.IndexOf("://", StringComparison.Ordinal);
        if (scheme < 0 || text[..scheme] is not ("http" or "https" or "socks5"))
            return false;
        string place = text[(scheme + 3)..].TrimEnd('/');
        int colon = place.IndexOf(':', StringComparison.Ordinal);
        string host = colon < 0 ? place : place[..colon];
        return host.Length > 0
            && !host.AsSpan().ContainsAnyExcept(s_ofHosts)
            && (colon < 0 || ushort.TryParse(place.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out _));
    }

    // clientcmd's validateAuthInfo: at most one of token and basic; a certificate has a key, each as file or as data; exec excludes
    // auth-provider; nobody is put into groups who is not impersonated.
    private static bool IsOneMethod(HashSet<string> given)
    {
        bool token = given.Contains("token"),
            basic = given.Contains("username") || given.Contains("password");
        bool certFile = given.Contains("client-certificate"),
            certData = given.Contains("client-certificate-data");
        bool keyFile = given.Contains("client-key"),
            keyData = given.Contains("client-key-data");
        if ((given.Contains("as-groups") || given.Contains("as-uid")) && !given.Contains("as"))
            return false;
        return !(token && basic)
            && !(certFile && certData)
            && !(keyFile && keyData)
            && (certFile || certData) == (keyFile || keyData)
            && !(given.Contains("exec") && given.Contains("auth-provider"));
    }

    // Relative to the kubeconfig's directory as Go makes it absolute; `..` would be removed lexically, so it is left alone.
    private bool TakeFile(string name, List<string> mustOpen)
    {
        if (name.Length == 0)
            return true;
        if (name.Contains("..", StringComparison.Ordinal) || _path.Contains("..", StringComparison.Ordinal))
            return false;
        mustOpen.Add(GoPath.Clean(GoPath.Under(_path[..(_path.LastIndexOf('/') + 1)], name)));
        return true;
    }

    private static List<KeyValuePair<YamlNode, YamlNode>>? Map(YamlNode node) => KubeconfigYaml.Fields(node);
}
