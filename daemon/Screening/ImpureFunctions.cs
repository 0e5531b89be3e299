using System.Collections.Generic;

namespace CacheDaemon.Daemon.Screening;

/// <summary>One row of <see cref="ImpureFunctions"/>.</summary>
/// <param name="Name">The name as templates write it.</param>
/// <param name="Class">Why it can vary.</param>
/// <param name="Source">Where the function comes from.</param>
internal sealed record ImpureFunction(string Name, FunctionClass Class, string Source);

/// <summary>
/// Every template function whose answer is not fixed by its arguments. Checked against helm 3.17.3 and 4.1.4 by
/// <c>ImpureFunctionsTests</c>, which render each of them; <c>env</c> and <c>expandenv</c> are absent because helm removes
/// them (helm <c>pkg/engine/funcs.go</c>).
/// </summary>
internal static class ImpureFunctions
{
    private const string SprigStrings = "sprig strings.go";
    private const string SprigCrypto = "sprig crypto.go";
    private const string SprigDate = "sprig date.go";

    /// <summary>The table of helm-inputs 6.1.</summary>
    public static IReadOnlyList<ImpureFunction> All { get; } =
    [
        new("randAlphaNum", FunctionClass.Random, SprigStrings),
        new("randAlpha", FunctionClass.Random, SprigStrings),
        new("randNumeric", FunctionClass.Random, SprigStrings),
        new("randAscii", FunctionClass.Random, SprigStrings),
        new("randBytes", FunctionClass.Random, SprigCrypto),
        new("randInt", FunctionClass.Random, "sprig functions.go"),
        new("shuffle", FunctionClass.Random, "xstrings"),
        new("uuidv4", FunctionClass.Random, SprigCrypto),
        new("genPrivateKey", FunctionClass.Random, SprigCrypto),
        new("genCA", FunctionClass.Random, SprigCrypto),
        new("genCAWithKey", FunctionClass.Random, SprigCrypto),
        new("genSelfSignedCert", FunctionClass.Random, SprigCrypto),
        new("genSelfSignedCertWithKey", FunctionClass.Random, SprigCrypto),
        new("genSignedCert", FunctionClass.Random, SprigCrypto),
        new("genSignedCertWithKey", FunctionClass.Random, SprigCrypto),
        new("htpasswd", FunctionClass.Random, SprigCrypto),
        new("bcrypt", FunctionClass.Random, SprigCrypto),
        new("encryptAES", FunctionClass.Random, SprigCrypto),
        new("now", FunctionClass.Clock, "time.Now"),
        new("ago", FunctionClass.Clock, SprigDate),
        new("durationRound", FunctionClass.Clock, SprigDate),
        new("date", FunctionClass.ClockOfOddArgument, SprigDate),
        new("htmlDate", FunctionClass.ClockOfOddArgument, SprigDate),
        new("dateInZone", FunctionClass.ClockOfOddArgument, SprigDate),
        new("date_in_zone", FunctionClass.ClockOfOddArgument, SprigDate),
        new("htmlDateInZone", FunctionClass.ClockOfOddArgument, SprigDate),
        new("keys", FunctionClass.Order, "sprig dict.go"),
        new("values", FunctionClass.Order, "sprig dict.go"),
        new("getHostByName", FunctionClass.Network, "sprig network.go; helm answers \"\" without --enable-dns"),
        new("lookup", FunctionClass.Network, "helm lookup_func.go; an empty map without a server dry run"),
    ];

    /// <summary>True for the classes that keep an answer from being kept until it is proved that nothing called them.</summary>
    public static bool NeedsProof(FunctionClass kind) => kind is not (FunctionClass.Order or FunctionClass.Network);
}
