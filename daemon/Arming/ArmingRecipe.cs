using System;
using System.Collections.Generic;
using System.Linq;
using System.Text.RegularExpressions;

namespace CacheDaemon.Daemon.Arming;

/// <summary>Functions in which a program ends instead of going on.</summary>
/// <param name="Functions">Matches their full names.</param>
/// <param name="Shown">What people read: the function of templates where there is one, else empty for Go's own name.</param>
internal sealed record EntryTrap(Predicate<string> Functions, string Shown);

/// <summary>Calls within some functions, of some others, at which a program ends.</summary>
/// <param name="Callers">Matches the full names of the functions whose code is changed.</param>
/// <param name="Callees">Matches what they must not call, nor take the address of.</param>
/// <param name="Shown">As of <see cref="EntryTrap"/>; empty for the caller's name.</param>
internal sealed record CallTrap(Predicate<string> Callers, Predicate<string> Callees, string Shown);

/// <summary>
/// What must not run on behalf of a template: random sources, clocks, and the printing of addresses. The names are those of Go, sprig and
/// helm; a binary that has other names is caught by the self-test, or is not armed.
/// </summary>
/// <remarks>
/// Read in helm 3.17.3, 4.1.4 and 4.2.3 (sprig v3 <c>functions.go</c>, <c>crypto.go</c>, <c>date.go</c>; helm <c>pkg/engine/funcs.go</c>;
/// Go's <c>text/template/funcs.go</c> and <c>fmt/print.go</c>), and tried on 840 public charts: docs/repeatability.md.
/// </remarks>
internal static partial class ArmingRecipe
{
    /// <summary>Raised with any change here or in <see cref="Armer"/>: copies made by another version are made anew.</summary>
    public const int Version = 3;

    /// <summary>Without any of these a binary is not a helm that this recipe knows.</summary>
    public static IReadOnlyList<string> Required { get; } =
    [Sprig + "init", "time.Now", "fmt.Sprintf", "fmt.(*pp).printValue", "fmt.(*pp).fmtPointer", "text/template.(*Template).execute"];

    /// <summary>Whole functions, the first match counts.</summary>
    public static IReadOnlyList<EntryTrap> Entries { get; } =
    [
        new(SprigFunction("randAlphaNumeric"), "randAlphaNum"),
        new(SprigFunction("randAlpha"), "randAlpha"),
        new(SprigFunction("randAscii"), "randAscii"),
        new(SprigFunction("randNumeric"), "randNumeric"),
        new(SprigFunction("randBytes"), "randBytes"),
        new(SprigFunction("uuidv4"), "uuidv4"),
        new(SprigFunction("bcrypt"), "bcrypt"),
        new(SprigFunction("htpasswd"), "htpasswd"),
        new(SprigFunction("encryptAES"), "encryptAES"),
        new(SprigFunction("dateAgo"), "ago"),
        new(SprigFunction("generatePrivateKey"), "genPrivateKey"),
        new(SprigFunction("generateCertificateAuthority"), "genCA"),
        new(SprigFunction("generateCertificateAuthorityWithPEMKey"), "genCAWithKey"),
        new(SprigFunction("generateSelfSignedCertificate"), "genSelfSignedCert"),
        new(SprigFunction("generateSelfSignedCertificateWithPEMKey"), "genSelfSignedCertWithKey"),
        new(SprigFunction("generateSignedCertificate"), "genSignedCert"),
        new(SprigFunction("generateSignedCertificateWithPEMKey"), "genSignedCertWithKey"),
        new(OtherSprigFunctions().IsMatch, ""),
        new(Only("github.com/huandu/xstrings.Shuffle"), "shuffle"),
        new(RandomLibraries().IsMatch, ""),
        new(RandomSources().IsMatch, ""),
        // What Go does once, before it reads the file of a zone that a template names: such files are in no key. UTC and Local do not come
        // this far.
        new(Only("time.LoadLocation.func1"), "dateInZone"),
        // A values.schema.json may refer to other files and to addresses, which are in no key.
        new(SchemaLoaders().IsMatch, SchemaShown),
        new(Only(Dial), "the network"),
    ];

    /// <summary>
    /// The same for calls that have to download their chart: connections, and the randomness that their encryption takes, are free. What
    /// templates can make of either is trapped by name all the same.
    /// </summary>
    public static IReadOnlyList<EntryTrap> EntriesForNetwork { get; } =
    [.. Entries.Where(static trap => !trap.Functions(Dial) && !trap.Functions("crypto/rand.Read"))];

    private const string Dial = "net.(*Dialer).DialContext";

    /// <summary>Single calls: what sprig and helm do with the clock at start-up, and <c>date</c> of a fixed time, stay free.</summary>
    public static IReadOnlyList<CallTrap> Calls { get; } =
    [
        new(SprigFunction("dateInZone"), Clocks().IsMatch, "date"),
        new(SprigFunction("durationRound"), Clocks().IsMatch, "durationRound"),
        new(SprigFunction("getHostByName"), Randoms().IsMatch, "getHostByName"),
        new(AnonymousInSprig().IsMatch, Randoms().IsMatch, "randInt"),
        new(ForTemplates().IsMatch, Randoms().IsMatch, ""),
        new(ForTemplates().IsMatch, Clocks().IsMatch, ""),
        // Pointers inside of what is printed. fmtPointer itself is used once by an initialiser of Kubernetes.
        new(Only("fmt.(*pp).printValue"), Only("fmt.(*pp).fmtPointer"), "a printed address"),
    ];

    /// <summary>
    /// Functions whose code puts a function into a table of template functions: where they take the address of <c>time.Now</c>
    /// (<c>now</c>), it becomes that of a trap.
    /// </summary>
    public static Predicate<string> ClockTables { get; } = FunctionTables().IsMatch;

    /// <summary>Functions that hand out <c>fmt.Sprintf</c> as the <c>printf</c> of templates.</summary>
    public static Predicate<string> PrintfTables { get; } = static name => name.StartsWith("text/template.", StringComparison.Ordinal);

    /// <summary>What people read about <c>time.Now</c> as a function of templates.</summary>
    public const string NowShown = "now";

    /// <summary>What people read about the verb <c>p</c> of <c>printf</c>.</summary>
    public const string PrintfShown = "printf %p";

    /// <summary>What people read about a schema that refers to another one.</summary>
    public const string SchemaShown = "the loader of other schemas";

    private const string Sprig = "github.com/Masterminds/sprig/v3.";

    private static Predicate<string> SprigFunction(string name) => Only(Sprig + name);

    private static Predicate<string> Only(string name) => name.Equals;

    [GeneratedRegex(@"^github\.com/Masterminds/sprig/v3\.(generate\w+|rand\w+)$", RegexOptions.CultureInvariant)]
    private static partial Regex OtherSprigFunctions();

    [GeneratedRegex(
        @"^(github\.com/huandu/xstrings\.Shuffle(Source)?|github\.com/google/uuid\.NewRandom(FromReader)?|"
            + @"github\.com/Masterminds/goutils\.(Crypto)?Random\w*)$",
        RegexOptions.CultureInvariant
    )]
    private static partial Regex RandomLibraries();

    // What keys are made with goes past crypto/rand since Go 1.24.
    [GeneratedRegex(
        @"^crypto/(rand\.(Read|Int|Prime|Text|\(\*reader\)\.Read|\(\*?hideAgainReader\)\.Read|hideAgainReader\.Read)|"
            + @"internal/fips140/drbg\.Read(WithReader\w*)?|internal/sysrand\.Read)$",
        RegexOptions.CultureInvariant
    )]
    private static partial Regex RandomSources();

    // gojsonschema in helm 3 up to 3.17, then jsonschema with a loader of helm's own for addresses.
    [GeneratedRegex(
        @"^(github\.com/xeipuuv/gojsonschema\.\(\*jsonReferenceLoader\)\.loadFrom\w+|"
            + @"github\.com/santhosh-tekuri/jsonschema/v\d+\.FileLoader\.Load|helm\.sh/helm/v\d+/.*\.\(\*HTTPURLLoader\)\.Load)$",
        RegexOptions.CultureInvariant
    )]
    private static partial Regex SchemaLoaders();

    [GeneratedRegex(@"^time\.(Now|now|Since|Until|runtimeNow|runtimeNano|runtimeIsBubbled)$", RegexOptions.CultureInvariant)]
    private static partial Regex Clocks();

    [GeneratedRegex(@"^(math/rand\.|math/rand/v2\.|crypto/rand\.)", RegexOptions.CultureInvariant)]
    private static partial Regex Randoms();

    [GeneratedRegex(@"^github\.com/Masterminds/sprig/v3\.(init|glob\.)\.func\d+$", RegexOptions.CultureInvariant)]
    private static partial Regex AnonymousInSprig();

    // Package initialisers are left alone: sprig seeds a source there.
    [GeneratedRegex(
        @"^(github\.com/Masterminds/sprig/v3\.(?!init(\.\d+)?$)|"
            + @"github\.com/huandu/xstrings\.|helm\.sh/helm/v\d+/(pkg|internal)/engine\.|text/template\.)",
        RegexOptions.CultureInvariant
    )]
    private static partial Regex ForTemplates();

    [GeneratedRegex(@"^(github\.com/Masterminds/sprig/v3\.|helm\.sh/helm/v\d+/(pkg|internal)/engine\.)", RegexOptions.CultureInvariant)]
    private static partial Regex FunctionTables();
}
