using System.Collections.Generic;

namespace CacheDaemon.Tests.Screening;

/// <summary>One working call of each impure function, as an expression.</summary>
internal static class ImpureCalls
{
    /// <summary>Calls that give another text on nearly every run.</summary>
    public static IReadOnlyDictionary<string, string> Varying { get; } = new Dictionary<string, string>
    {
        ["randAlphaNum"] = "randAlphaNum 20",
        ["randAlpha"] = "randAlpha 20",
        ["randNumeric"] = "randNumeric 20",
        ["randAscii"] = "randAscii 20 | b64enc",
        ["randBytes"] = "randBytes 20",
        ["randInt"] = "randInt 0 1000000000",
        ["shuffle"] = "shuffle \"abcdefghijklmnopqrstuvwxyz\"",
        ["uuidv4"] = "uuidv4",
        ["genPrivateKey"] = "genPrivateKey \"ecdsa\" | b64enc",
        ["genCA"] = "(genCA \"cn\" 10).Cert | b64enc",
        ["genCAWithKey"] = "(genCAWithKey \"cn\" 10 .Values.key).Cert | b64enc",
        ["genSelfSignedCert"] = "(genSelfSignedCert \"cn\" nil nil 10).Cert | b64enc",
        ["genSelfSignedCertWithKey"] = "(genSelfSignedCertWithKey \"cn\" nil nil 10 .Values.key).Cert | b64enc",
        ["genSignedCert"] = "(genSignedCert \"cn\" nil nil 10 (buildCustomCert (b64enc .Values.cert) (b64enc .Values.key))).Cert | b64enc",
        ["genSignedCertWithKey"] = "(genSignedCertWithKey \"cn\" nil nil 10 (buildCustomCert (b64enc .Values.cert) (b64enc .Values.key)) .Values.key).Cert | b64enc",
        ["htpasswd"] = "htpasswd \"u\" \"p\"",
        ["bcrypt"] = "bcrypt \"x\"",
        ["encryptAES"] = "encryptAES \"k\" \"t\"",
        ["now"] = "now.UnixNano",
        ["keys"] = "keys .Values.m | join \"\"",
        ["values"] = "values .Values.m | join \"\"",
    };

    /// <summary>Calls that answer by the clock, but in steps: with two time zones a day or more apart, one at least shows another text than the other.</summary>
    public static IReadOnlyDictionary<string, string> Dated { get; } = new Dictionary<string, string>
    {
        ["date"] = "date \"2006-01-02\" \"odd\"",
        ["htmlDate"] = "htmlDate nil",
        ["dateInZone"] = "dateInZone \"2006-01-02\" \"odd\" \"Local\"",
        ["date_in_zone"] = "date_in_zone \"2006-01-02\" \"odd\" \"Local\"",
        ["htmlDateInZone"] = "htmlDateInZone true \"Local\"",
    };

    /// <summary>Calls that answer by the clock with too coarse a step to see in a test.</summary>
    public static IReadOnlyDictionary<string, string> Coarse { get; } = new Dictionary<string, string>
    {
        ["ago"] = "ago (toDate \"2006\" \"2020\")",
        ["durationRound"] = "durationRound (toDate \"2006\" \"2020\")",
    };
}
