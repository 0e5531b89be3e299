using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using CacheDaemon.Client.Protocol;
using Xunit;

namespace CacheDaemon.Tests.Golden;

/// <summary>Numbers that travel on the wire or lie in stores that are out there already. Append; never renumber, never reuse.</summary>
public sealed class FrozenNumbersTests
{
    [Fact]
    public void Bypass_reasons_keep_their_numbers() =>
        AssertFrozen<BypassReason>(
            """
            None=0 UnknownFlag=1 BadFlagValue=2 WrongArgumentCount=3 HelpRequested=4 DebugOutput=5 LoggingFlag=6 ClusterAccess=7
            DnsEnabled=8 PostRenderer=9 OutputDirectory=10 DependencyUpdate=11 VerifyRequested=12 NameTemplate=13 TlsFiles=14
            Credentials=15 RemoteChart=16 RemoteValues=17 SetFileSyntax=18 NotTemplate=19 FlagBeforeCommand=20
            HelmDriver=40 GoDebug=41 Profiling=42 HomeUnset=43 KubeconfigDoubtful=44 GoVariable=45 PluginDownloads=46
            OtherUser=60 OtherMountNamespace=61 OtherRoot=62 DirectoryMismatch=63 HelmNotABinary=64 ProtocolMismatch=65 Draining=66
            TooManyConnections=67 CallerUnknown=68 OtherCredentials=69
            ChartMissing=80 ChartNotAFileOrDirectory=81 ChartUnreadable=82 ChartTooLarge=83 ChartSpecialFile=84 ChartSymlinkBroken=85
            HelmIgnoreInvalid=86 SchemaReference=87 ValuesMissing=88 ValuesNotRegular=89 ValuesThroughProc=90 ValuesTooLarge=91
            InputUnreadable=92 NameNotUtf8=93 ArchiveUnpacked=94 DependenciesDoubtful=95 RemoteNotCached=96 RemoteDoubtful=97
            KnownToVary=111 ConfiguredBypass=112 LeaseholderFailed=113 OutputTooLarge=114
            InputsKeepChanging=115 LeaseholderSlow=117 Arming=118 Unarmed=119
            Faulted=130 TooFewDescriptors=131 CallerLeft=132
            Coordinated=150 CoordinationOff=151 HolderSlow=152 InsideTurn=153
            """,
            110,
            116
        );

    [Fact]
    public void Refuse_reasons_keep_their_numbers() =>
        AssertFrozen<RefuseReason>(
            """
            None=0 HelmFailed=1 InputsChanged=2 Interrupted=3 OutputTooLarge=4 NotRepeatable=5 ReadOnly=7 LeaseLost=8
            StoreFailed=9 SecretsNever=10
            """,
            6
        );

    [Fact]
    public void Message_kinds_keep_their_numbers() =>
        AssertFrozen<MessageKind>(
            """
            Render=1 Publish=2 Abandon=3 Status=5 Stats=6 Prune=7 Stop=8 Explain=9 Verify=10 Recall=11 Forget=12 Calls=16
            PublishDescriptor=17 List=20 Show=21 Earlier=22 Project=23 Recent=24 Remembered=25 Result=64 Lease=65 Bypass=66 Waiting=67 Published=68 Json=69 Failed=70 Candidates=71 Candidate=72
            ResultDescriptor=73 Coordinate=30 Ran=31 Turn=80
            """,
            4
        );

    [Fact]
    public void Render_flags_keep_their_numbers() =>
        AssertFrozen<RenderFlags>(
            "None=0 Recache=1 ReadOnly=2 WantsReason=4 TakesDescriptor=8 Freeze=16 TakesTree=32 Uncoordinated=256 HitOnly=512"
        );

    /// <summary>Names travel too: <c>stats --json</c> counts by them, and scripts look for them.</summary>
    [Theory]
    [InlineData(BypassReason.HelmNotABinary, "helm-not-a-binary")]
    [InlineData(BypassReason.OtherMountNamespace, "other-mount-namespace")]
    [InlineData(BypassReason.KnownToVary, "known-to-vary")]
    public void Reasons_are_spelled_in_small_letters_with_hyphens(BypassReason reason, string text) =>
        Assert.Equal(text, ReasonText.Of(reason));

    /// <param name="frozen">Names and numbers.</param>
    /// <param name="retired">Numbers of members that are gone.</param>
    private static void AssertFrozen<T>(string frozen, params long[] retired)
        where T : struct, Enum
    {
        Dictionary<string, long> numbers = frozen
            .Split((char[])[' ', '\n'], StringSplitOptions.RemoveEmptyEntries)
            .Select(pair => pair.Split('='))
            .ToDictionary(pair => pair[0], pair => long.Parse(pair[1], CultureInfo.InvariantCulture));
        string name = typeof(T).Name;
        foreach ((string member, long number) in numbers)
        {
            Assert.True(
                Enum.TryParse(member, out T value) && Convert.ToInt64(value, CultureInfo.InvariantCulture) == number,
                $"{name}.{member} was {number}, and stores and older binaries still mean that by it. Leave the member as it was "
                    + "(even unused), and append a new one with a number that was never taken."
            );
        }
        foreach (T value in Enum.GetValues<T>())
        {
            Assert.True(
                numbers.ContainsKey(value.ToString()),
                $"{name}.{value} is new: append {value}={Convert.ToInt64(value, CultureInfo.InvariantCulture)} to the list of this "
                    + "test, if no member before had that number."
            );
        }
        Assert.Equal(numbers.Count, numbers.Values.Distinct().Count());
        Assert.Empty(numbers.Values.Intersect(retired));
    }
}
