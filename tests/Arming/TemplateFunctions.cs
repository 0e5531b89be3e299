using System;
using System.Collections.Generic;
using System.Linq;

namespace CacheDaemon.Tests.Arming;

/// <summary>What becomes of a render in which a function of templates is called.</summary>
internal enum FunctionClass
{
    /// <summary>Its answer follows from its arguments, and from <c>TZ</c>, which is in every key.</summary>
    Pure,

    /// <summary>Its answer varies: a random source, the clock, an address, a file that is in no key. Must end in a trap.</summary>
    Varies,

    /// <summary>It hands out a map in the order that Go happens to choose: each is legal, so none is a trap.</summary>
    Order,

    /// <summary>It asks the network, but only with <c>--enable-dns</c>, which is never served; without it the answer is fixed.</summary>
    Network,

    /// <summary>It asks the cluster, but only in calls that are never served; in others the answer is fixed.</summary>
    Cluster,

    /// <summary>It ends the render with an error of helm's, always the same.</summary>
    Fails,
}

/// <summary>One call of a function of templates.</summary>
/// <param name="Name">The function.</param>
/// <param name="Class">What this call of it is.</param>
/// <param name="Shown">Of <see cref="FunctionClass.Varies"/>: what people read about the trap.</param>
/// <param name="Since">The first of <see cref="Support.RealHelms.Numbers"/> that knows the function.</param>
/// <param name="Call">
/// What stands between the braces; <c>$time</c> is a fixed time, and <c>$cert</c>, <c>$key</c> and <c>$ca</c> are what they are called, as
/// PEM and as sprig has it.
/// </param>
internal sealed record TemplateFunction(string Name, FunctionClass Class, string Shown, int Since, string Call);

/// <summary>
/// Every function that a chart's templates may call, of helm 3.17.3, 4.1.4 and 4.2.3: Go's <c>text/template</c>, sprig's and helm's own. A
/// function stands here more than once when its arguments decide what it is. That none is missing is proved on the binaries themselves
/// (<see cref="TemplateFunctionTests"/>).
/// </summary>
internal static class TemplateFunctions
{
    /// <summary>Name, class (with what the trap says where that is another name, and the helm that it came with), call.</summary>
    private const string Table = """
        abbrev | pure | abbrev 5 "hello world"
        abbrevboth | pure | abbrevboth 5 10 "1234 5678 9123"
        add | pure | add 1 2 3
        add1 | pure | add1 41
        add1f | pure | add1f 1.5
        addf | pure | addf 1.5 2 0.25
        adler32sum | pure | adler32sum "text"
        ago | varies | ago $time
        all | pure | all 1 "" 2
        and | pure | and 1 0 2
        any | pure | any 0 "" 2
        append | pure | append .Values.list "z"
        atoi | pure | atoi "12"
        b32dec | pure | b32dec "ORSXQ5A="
        b32enc | pure | b32enc "text"
        b64dec | pure | b64dec "dGV4dA=="
        b64enc | pure | b64enc "text"
        base | pure | base "a/b/c.txt"
        bcrypt | varies | bcrypt "text"
        biggest | pure | biggest 1 3 2
        buildCustomCert | pure | buildCustomCert (b64enc $cert) (b64enc $key)
        call | fails | call .Values.text
        camelcase | pure | camelcase "http_server"
        cat | pure | cat "a" 1 nil .Values.map
        cat | varies: a printed address | cat (dict "c" .Capabilities)
        ceil | pure | ceil 1.2
        chunk | pure | chunk 2 (list 1 2 3)
        clean | pure | clean "a/../b//c"
        coalesce | pure | coalesce nil 0 "x" 2
        compact | pure | compact (list 1 "" nil 2)
        concat | pure | concat .Values.list (list 1)
        contains | pure | contains "ell" "hello"
        date | pure | date "2006-01-02 MST" $time
        date | pure | date "2006-01-02" 0
        date | varies | date "2006" "no time"
        dateInZone | pure | dateInZone "2006-01-02 15:04 MST" $time "UTC"
        dateInZone | varies: date | dateInZone "2006" "no time" "UTC"
        dateInZone | varies | dateInZone "15:04" $time "Asia/Tokyo"
        dateModify | pure | dateModify "-1.5h" $time
        date_in_zone | pure | date_in_zone "2006-01-02 15:04 MST" $time "UTC"
        date_in_zone | varies: date | date_in_zone "2006" "no time" "UTC"
        date_in_zone | varies: dateInZone | date_in_zone "15:04" $time "Asia/Tokyo"
        date_modify | pure | date_modify "24h" $time
        decryptAES | pure | decryptAES "key" "JeoZP6T3sSowpVh++eFqgvmMNm2VFT3Wt4YE5EsOI94="
        deepCopy | pure | deepCopy .Values.map
        deepEqual | pure | deepEqual .Values.map (deepCopy .Values.map)
        default | pure | default "x" .Values.none
        derivePassword | pure | derivePassword 1 "long" "password" "user" "example.com"
        dict | pure | dict "a" 1 "b" (list 2)
        dict | varies: a printed address | dict "c" .Capabilities
        dig | pure | dig "b" "c" "none" .Values.map
        dir | pure | dir "a/b/c.txt"
        div | pure | div 7 2
        divf | pure | divf 7 2
        duration | pure | duration "95"
        durationRound | pure | durationRound "2h10m5s"
        durationRound | varies | durationRound $time
        empty | pure | empty .Values.none
        encryptAES | varies | encryptAES "key" "text"
        eq | pure | eq 1 2 1
        ext | pure | ext "a/b/c.txt"
        fail | fails | fail "on purpose"
        first | pure | first .Values.list
        float64 | pure | float64 "1.5"
        floor | pure | floor 1.8
        fromJson | pure | fromJson "{\"a\": [1, 2.5, null]}"
        fromJson | pure | fromJson "{"
        fromJsonArray | pure | fromJsonArray "[1, {\"b\": 2}]"
        fromToml | pure | fromToml "a = 1\n[t]\nb = \"x\""
        fromToml | pure | fromToml "="
        fromYaml | pure | fromYaml "a: {b: 1, c: [x]}"
        fromYaml | pure | fromYaml "a: b: c"
        fromYamlArray | pure | fromYamlArray "[1, {b: 2}]"
        ge | pure | ge 2 1
        genCA | varies | genCA "a" 1
        genCAWithKey | varies | genCAWithKey "a" 1 $key
        genPrivateKey | varies | genPrivateKey "ecdsa"
        genSelfSignedCert | varies | genSelfSignedCert "a" (list "127.0.0.1") (list "b") 1
        genSelfSignedCertWithKey | varies | genSelfSignedCertWithKey "a" nil nil 1 $key
        genSignedCert | varies | genSignedCert "a" nil nil 1 $ca
        genSignedCertWithKey | varies | genSignedCertWithKey "a" nil nil 1 $ca $key
        get | pure | get .Values.map "a"
        getHostByName | network | getHostByName "localhost"
        gt | pure | gt 2 1
        has | pure | has "a" .Values.list
        hasKey | pure | hasKey .Values.map "a"
        hasPrefix | pure | hasPrefix "he" "hello"
        hasSuffix | pure | hasSuffix "lo" "hello"
        hello | pure | hello
        html | pure | html "<a href='x'>"
        html | varies: a printed address | html (dict "c" .Capabilities)
        htmlDate | pure | htmlDate $time
        htmlDate | varies: date | htmlDate "no time"
        htmlDateInZone | pure | htmlDateInZone $time "UTC"
        htmlDateInZone | varies: date | htmlDateInZone "no time" "UTC"
        htmlDateInZone | varies: dateInZone | htmlDateInZone $time "Asia/Tokyo"
        htpasswd | varies | htpasswd "user" "password"
        include | pure | include "web.name" .
        indent | pure | indent 2 "a\nb"
        index | pure | index .Values.map "b" "c"
        initial | pure | initial .Values.list
        initials | pure | initials "First Try"
        int | pure | int "12"
        int64 | pure | int64 12.7
        isAbs | pure | isAbs "/a"
        join | pure | join "," (list 1 "a" nil)
        join | varies: a printed address | join "," (list (dict "c" .Capabilities))
        js | pure | js "it's <b>"
        kebabcase | pure | kebabcase "FirstName"
        keys | order | keys .Values.one
        kindIs | pure | kindIs "map" .Values.map
        kindOf | pure | kindOf .Values.list
        last | pure | last .Values.list
        le | pure | le 1 2
        len | pure | len .Values.text
        list | pure | list 1 "a" nil
        list | varies: a printed address | list .Capabilities
        lookup | cluster | lookup "v1" "Pod" "default" "x"
        lower | pure | lower "ABC"
        lt | pure | lt 1 2
        max | pure | max 1 3 2
        maxf | pure | maxf 1 3.5 2
        merge | pure | merge (dict "a" 1) (dict "a" 2 "b" 3)
        mergeOverwrite | pure | mergeOverwrite (dict "a" 1) (dict "a" 2 "b" 3)
        min | pure | min 1 3 2
        minf | pure | minf 1 3.5 2
        mod | pure | mod 7 4
        mul | pure | mul 2 3 4
        mulf | pure | mulf 1.5 2
        mustAppend | pure | mustAppend .Values.list "z"
        mustChunk | pure | mustChunk 2 (list 1 2 3)
        mustCompact | pure | mustCompact (list 1 "" 2)
        mustDateModify | pure | mustDateModify "1h" $time
        mustDeepCopy | pure | mustDeepCopy .Values.map
        mustFirst | pure | mustFirst .Values.list
        mustFromJson | pure | mustFromJson "[1, \"a\"]"
        mustHas | pure | mustHas "a" .Values.list
        mustInitial | pure | mustInitial .Values.list
        mustLast | pure | mustLast .Values.list
        mustMerge | pure | mustMerge (dict "a" 1) (dict "b" 3)
        mustMergeOverwrite | pure | mustMergeOverwrite (dict "a" 1) (dict "a" 3)
        mustPrepend | pure | mustPrepend .Values.list "z"
        mustPush | pure | mustPush .Values.list "z"
        mustRegexFind | pure | mustRegexFind "[a-z]+" "12ab34cd"
        mustRegexFindAll | pure | mustRegexFindAll "[a-z]+" "12ab34cd" -1
        mustRegexMatch | pure | mustRegexMatch "^a" "abc"
        mustRegexReplaceAll | pure | mustRegexReplaceAll "a(x*)b" "-ab-axxb-" "${1}W"
        mustRegexReplaceAllLiteral | pure | mustRegexReplaceAllLiteral "a(x*)b" "-ab-axxb-" "${1}W"
        mustRegexSplit | pure | mustRegexSplit "z+" "pizza" -1
        mustRest | pure | mustRest .Values.list
        mustReverse | pure | mustReverse .Values.list
        mustSlice | pure | mustSlice .Values.list 1 2
        mustToDate | pure | mustToDate "2006-01-02" "2020-02-29"
        mustToJson | pure | mustToJson .Values
        mustToPrettyJson | pure | mustToPrettyJson .Values
        mustToRawJson | pure | mustToRawJson (dict "a" "<b>")
        mustToToml | pure since 42 | mustToToml .Values
        mustToYaml | pure since 4 | mustToYaml .Values
        mustUniq | pure | mustUniq .Values.list
        mustWithout | pure | mustWithout .Values.list "a"
        must_date_modify | pure | must_date_modify "1h" $time
        ne | pure | ne 1 2
        nindent | pure | nindent 2 "a\nb"
        nospace | pure | nospace " a b "
        not | pure | not 0
        now | varies | now
        omit | pure | omit .Values.map "a"
        or | pure | or 0 "" 3
        osBase | pure | osBase "a/b/c.txt"
        osClean | pure | osClean "a/../b//c"
        osDir | pure | osDir "a/b/c.txt"
        osExt | pure | osExt "a/b/c.txt"
        osIsAbs | pure | osIsAbs "/a"
        pick | pure | pick .Values.map "a"
        pluck | pure | pluck "a" .Values.map (dict "a" 2) (dict "b" 3)
        plural | pure | plural "one" "many" 2
        prepend | pure | prepend .Values.list "z"
        print | pure | print 1 2 "a" nil .Values
        print | varies: a printed address | print .
        printf | pure | printf "%s %d %5.1f %x %q %v %T %t %c %%p" "a" 1 1.25 255 "b" .Values.map .Values true 65
        printf | varies: printf %p | printf "%p" .Values
        printf | varies: a printed address | printf "%v" (list .Capabilities)
        println | pure | println "a" 1
        println | varies: a printed address | println (dict "c" .Capabilities)
        push | pure | push .Values.list "z"
        quote | pure | quote "a\"b" 1 nil
        quote | varies: a printed address | quote (dict "c" .Capabilities)
        randAlpha | varies | randAlpha 8
        randAlphaNum | varies | randAlphaNum 8
        randAscii | varies | randAscii 8
        randBytes | varies | randBytes 8
        randInt | varies | randInt 1 100000
        randNumeric | varies | randNumeric 8
        regexFind | pure | regexFind "[a-z]+" "12ab34cd"
        regexFindAll | pure | regexFindAll "[a-z]+" "12ab34cd" -1
        regexMatch | pure | regexMatch "^a" "abc"
        regexQuoteMeta | pure | regexQuoteMeta "1.2.3"
        regexReplaceAll | pure | regexReplaceAll "a(x*)b" "-ab-axxb-" "${1}W"
        regexReplaceAllLiteral | pure | regexReplaceAllLiteral "a(x*)b" "-ab-axxb-" "${1}W"
        regexSplit | pure | regexSplit "z+" "pizza" -1
        repeat | pure | repeat 3 "ab"
        replace | pure | replace "a" "b" "banana"
        required | pure | required "needed" .Values.text
        required | fails | required "needed" .Values.none
        rest | pure | rest .Values.list
        reverse | pure | reverse .Values.list
        round | pure | round 1.2345 2
        semver | pure | semver "1.2.3-alpha.1+123"
        semverCompare | pure | semverCompare "^1.2.0" "1.3.0"
        seq | pure | seq 1 2 9
        set | pure | set (dict "a" 1) "b" 2
        sha1sum | pure | sha1sum "text"
        sha256sum | pure | sha256sum "text"
        sha512sum | pure | sha512sum "text"
        shuffle | varies | shuffle "abcdefghijklmnop"
        slice | pure | slice .Values.list 1 2
        snakecase | pure | snakecase "FirstName"
        sortAlpha | pure | sortAlpha .Values.list
        split | pure | split "-" "a-b-c"
        splitList | pure | splitList "-" "a-b-c"
        splitn | pure | splitn "-" 2 "a-b-c"
        squote | pure | squote "a" 1 nil
        squote | varies: a printed address | squote (dict "c" .Capabilities)
        sub | pure | sub 7 2
        subf | pure | subf 7.5 2 1
        substr | pure | substr 1 3 "hello"
        swapcase | pure | swapcase "Hello World"
        ternary | pure | ternary "yes" "no" true
        title | pure | title "hello world"
        toDate | pure | toDate "2006-01-02 15:04" "2020-02-29 12:30"
        toDate | pure | toDate "2006" "nonsense"
        toDecimal | pure | toDecimal "0777"
        toJson | pure | toJson .Values
        toPrettyJson | pure | toPrettyJson .Values
        toRawJson | pure | toRawJson (dict "a" "<b>")
        toString | pure | toString .Values
        toString | varies: a printed address | toString .
        toStrings | pure | toStrings (list 1 "a" nil)
        toStrings | varies: a printed address | toStrings (list (dict "c" .Capabilities))
        toToml | pure | toToml .Values
        toYaml | pure | toYaml .Values
        toYamlPretty | pure | toYamlPretty .Values
        tpl | pure | tpl "{{ .Values.text | upper }}" .
        tpl | varies: uuidv4 | tpl (print "{{ uuid" "v4 }}") .
        trim | pure | trim " a "
        trimAll | pure | trimAll "$" "$5.00$"
        trimPrefix | pure | trimPrefix "-" "-hello"
        trimSuffix | pure | trimSuffix "-" "hello-"
        trimall | pure | trimall "$" "$5.00$"
        trunc | pure | trunc -3 "hello"
        tuple | pure | tuple 1 "a"
        typeIs | pure | typeIs "string" .Values.text
        typeIsLike | pure | typeIsLike "chart.Metadata" .Chart
        typeOf | pure | typeOf .Values.map
        uniq | pure | uniq .Values.list
        unixEpoch | pure | unixEpoch $time
        unset | pure | unset (dict "a" 1 "b" 2) "a"
        until | pure | until 4
        untilStep | pure | untilStep 3 9 2
        untitle | pure | untitle "Hello World"
        upper | pure | upper "abc"
        urlJoin | pure | urlJoin (dict "scheme" "http" "host" "a:1" "path" "/p" "query" "q=1")
        urlParse | pure | urlParse "http://user:pw@a:1/p?q=1#f"
        urlquery | pure | urlquery "a b&c"
        urlquery | varies: a printed address | urlquery (dict "c" .Capabilities)
        uuidv4 | varies | uuidv4
        values | order | values .Values.one
        without | pure | without .Values.list "a"
        wrap | pure | wrap 5 "hello wide world"
        wrapWith | pure | wrapWith 5 "\t" "hello wide world"
        """;

    /// <summary>Every call, in order.</summary>
    public static IReadOnlyList<TemplateFunction> All { get; } = [.. Table.Split('\n').Select(Parse)];

    /// <summary>The calls of those that a helm knows.</summary>
    /// <param name="major">One of <see cref="Support.RealHelms.Numbers"/>.</param>
    public static IEnumerable<TemplateFunction> Of(int major) => All.Where(function => function.Since <= major);

    private static TemplateFunction Parse(string row)
    {
        string[] cells = row.Split('|', 3, StringSplitOptions.TrimEntries);
        (string kind, string shown) = cells[1].Split(": ") is [var before, var after] ? (before, after) : (cells[1], cells[0]);
        (kind, int since) = kind.Split(" since ") is [var first, var number]
            ? (first, int.Parse(number, System.Globalization.CultureInfo.InvariantCulture))
            : (kind, 3);
        return new TemplateFunction(cells[0], Enum.Parse<FunctionClass>(kind, ignoreCase: true), shown, since, cells[2]);
    }
}
