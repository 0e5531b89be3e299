using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Threading.Tasks;
using CacheDaemon.Daemon.Arming;
using CacheDaemon.Daemon.Keys;
using CacheDaemon.Tests.Support;
using Xunit;
using static CacheDaemon.Tests.Support.ChartBuilder;

namespace CacheDaemon.Tests.Arming;

/// <summary>From a helm binary to its armed copy, on the real helms.</summary>
[Trait("Needs", "programs")]
public sealed class ArmingTests
{
    [Theory]
    [MemberData(nameof(RealHelms.Majors), MemberType = typeof(RealHelms))]
    public async Task Real_helm_is_armed_and_passes_its_self_test(int major)
    {
        ArmingRecord record = await ArmedHelms.OfAsync(RealHelms.Of(major));
        Assert.Equal("", record.Unarmed);
        Assert.True(record.Runs > SelfTestCharts.Impure.Count, $"{record.Runs} runs");
        foreach (
            string shown in (string[])
                ["randAlphaNum", "genCA", "uuidv4", "shuffle", "date", "randInt", "now", "printf %p", "a printed address"]
        )
            Assert.Contains(shown, record.Traps);
        Assert.True(record.Traps.Count <= ArmingPlan.LastExitCode - ArmingPlan.FirstExitCode + 1);
    }

    [Theory]
    [MemberData(nameof(RealHelms.Majors), MemberType = typeof(RealHelms))]
    public void Function_table_is_read_whole_and_in_order(int major)
    {
        GoProgram program = GoProgram.Read(File.ReadAllBytes(RealHelms.Of(major)));
        Assert.True(program.Functions.Count > 50_000, $"{program.Functions.Count} functions");
        Assert.True(
            program
                .Functions.Zip(program.Functions.Skip(1))
                .All(pair => pair.First.Address + (ulong)pair.First.Size == pair.Second.Address),
            "the functions leave gaps or overlap"
        );
        Assert.All(ArmingRecipe.Required, name => Assert.Contains(program.Functions, function => function.Name == name));
        // Each function begins with code, not with what fills the space between functions.
        Assert.DoesNotContain(program.Functions.Take(10_000), function => function.Size > 0 && program.Code(function)[0] == 0xcc);
    }

    [Theory]
    [MemberData(nameof(RealHelms.Majors), MemberType = typeof(RealHelms))]
    public void Patches_stay_within_the_file_and_do_not_overlap(int major)
    {
        byte[] image = File.ReadAllBytes(RealHelms.Of(major));
        ArmingPlan plan = Armer.Plan(image);
        Patch[] patches = [.. plan.Patches.OrderBy(patch => patch.Offset)];
        Assert.All(patches, patch => Assert.InRange(patch.Offset, 0, image.Length - patch.Bytes.Length));
        Assert.All(patches.Zip(patches.Skip(1)), pair => Assert.True(pair.First.Offset + pair.First.Bytes.Length <= pair.Second.Offset));
        Assert.Equal(plan.Traps.Count, plan.Traps.Distinct().Count());
    }

    /// <summary>Flags, widths and brackets out of their order end a directive of Go's, and the next percent sign begins another.</summary>
    [Theory]
    [MemberData(nameof(RealHelms.Majors), MemberType = typeof(RealHelms))]
    public async Task Verb_p_is_refused_wherever_it_prints_an_address(int major)
    {
        string copy = (await ArmedHelms.OfAsync(RealHelms.Of(major))).Copy;
        using var work = new TemporaryDirectory();
        string[] formats =
        [
            "%p",
            "%#p",
            "%*p",
            "%[1]p",
            "%.3p",
            "%!%p",
            "%5-%p",
            "%5%%p",
            "%[%%p",
            "%[a%p",
            "%[a]%%p",
            "%[-%p",
            "%]%p",
            "%..%p",
            "% .5 %p",
            "%,%%%p",
            "%5#%p",
            "%é%p",
            "%%%p",
            "%d%%%p",
        ];
        string[] harmless = ["%%p", "%d%%p", "100%%p", "%-5d%%p", "%5.2f%%|p", "%[1]d p", "p", "%", "%é%%p", "[%d]p"];
        var refused = new List<string>();
        foreach (string format in (string[])[.. formats, .. harmless])
        {
            string root = Chart("web")
                .WithTemplate("a.yaml", $"x: {{{{ printf \"{format}\" .Values .Values .Values | quote }}}}\n")
                .WriteTo(work.Location);
            CommandResult result = await new Command(copy, ["template", "r", root])
            {
                Directory = work.Location,
                Environment = new Dictionary<string, string?> { ["HOME"] = work.Location },
            }.RunAsync();
            if (result.ExitCode >= ArmingPlan.FirstExitCode)
                refused.Add(format);
            else
                Assert.DoesNotMatch("0x?c0", result.StdoutText);
        }
        Assert.Equal(formats, refused.Except(harmless));
        Assert.Empty(refused.Intersect(harmless));
    }

    [Fact]
    public void What_is_no_helm_says_why_it_cannot_be_armed()
    {
        Assert.Contains("not an ELF", Reason([.. "#!/bin/sh\nexec helm \"$@\"\n"u8]), StringComparison.Ordinal);
        Assert.Contains("not an ELF", Reason([]), StringComparison.Ordinal);
        // A program of .NET: position-independent.
        Assert.Contains("position-independent", Reason(File.ReadAllBytes(Repository.FakeHelm)), StringComparison.Ordinal);
        byte[] helm = File.ReadAllBytes(RealHelms.Helm3);
        byte[] arm64 = [.. helm];
        arm64[18] = 0xb7;
        Assert.Contains("64-bit x86", Reason(arm64), StringComparison.Ordinal);
        static string Reason(byte[] image) => Assert.Throws<ArmingException>(() => Armer.Plan(image)).Message;
    }

    [Fact]
    public void Damaged_table_is_an_exception_of_ours_wherever_the_damage_is()
    {
        byte[] helm = File.ReadAllBytes(RealHelms.Helm3);
        int table = helm.AsSpan().IndexOf((ReadOnlySpan<byte>)[0xf1, 0xff, 0xff, 0xff, 0, 0, 1, 8]);
        Assert.True(table > 0);
        // Those words of the header that are looked at: how many functions, where the code begins, where names and functions are listed.
        foreach (int word in (int[])[0, 2, 3, 7])
        {
            int at = 8 + 8 * word;
            byte[] damaged = [.. helm];
            damaged.AsSpan(table + at, 8).Fill(0x7f);
            Assert.Throws<ArmingException>(() => Armer.Plan(damaged));
        }
        Assert.Throws<ArmingException>(() => Armer.Plan(helm[..(helm.Length / 2)]));
    }

    [Fact]
    public async Task A_helm_that_fails_the_self_test_is_unarmed_and_leaves_no_copy()
    {
        // A helm whose randAlphaNum is no random source by its name any more: the table calls it otherwise, so nothing traps it.
        byte[] helm = File.ReadAllBytes(RealHelms.Helm3);
        byte[] name = [.. "sprig/v3.randAlphaNumeric\0"u8],
            other = [.. "sprig/v3.andrAlphaNumeric\0"u8];
        int at = helm.AsSpan().IndexOf(name);
        Assert.True(at > 0);
        other.CopyTo(helm, at);
        byte[] library = [.. "goutils.CryptoRandom\0"u8],
            hidden = [.. "goutils.CryptoHidden\0"u8];
        int there = helm.AsSpan().IndexOf(library);
        Assert.True(there > 0);
        hidden.CopyTo(helm, there);
        using var directory = new TemporaryDirectory();
        string path = directory.At("helm");
        File.WriteAllBytes(path, helm);
        // What lies below, crypto/rand.Int, catches it all the same.
        ArmingRecord record = await ArmingWork.RunAsync(directory.At("armed"), path);
        Assert.Equal("", record.Unarmed);

        byte[] source = [.. "crypto/rand.Int\0"u8],
            quiet = [.. "crypto/rand.Tni\0"u8];
        for (int found; (found = helm.AsSpan().IndexOf(source)) > 0; )
            quiet.CopyTo(helm, found);
        byte[] reader = [.. "crypto/rand.(*reader).Read\0"u8],
            mute = [.. "crypto/rand.(*reader).Daer\0"u8];
        for (int found; (found = helm.AsSpan().IndexOf(reader)) > 0; )
            mute.CopyTo(helm, found);
        File.WriteAllBytes(path, helm);
        record = await ArmingWork.RunAsync(directory.At("armed"), path);
        Assert.Contains("does not end in a trap", record.Unarmed, StringComparison.Ordinal);
        Assert.Equal("", record.Copy);
        Assert.Single(Directory.GetFiles(directory.At("armed"), "helm-*"));
        Assert.Empty(Directory.GetFileSystemEntries(directory.At("armed"), "new-*"));
    }

    [Fact]
    public async Task A_copy_that_was_touched_is_made_anew()
    {
        using var directory = new TemporaryDirectory();
        ArmingRecord first = await ArmingWork.RunAsync(directory.At("armed"), RealHelms.Helm3);
        File.SetUnixFileMode(first.Copy, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        using (FileStream copy = File.OpenWrite(first.Copy))
            copy.WriteByte(0);
        ArmingRecord second = await ArmingWork.RunAsync(directory.At("armed"), RealHelms.Helm3);
        Assert.Equal(first.CopyDigest, second.CopyDigest);
        Assert.Equal(first.CopyDigest, Digest.Of(File.ReadAllBytes(second.Copy)).ToString());
    }
}
