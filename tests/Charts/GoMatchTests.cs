using System;
using System.Linq;
using System.Text;
using CacheDaemon.Daemon.Charts;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Xunit;

namespace CacheDaemon.Tests.Charts;

public sealed class GoMatchTests
{
    [Theory]
    [InlineData("abc", "abc", true)]
    [InlineData("abc", "ab", false)]
    [InlineData("", "", true)]
    [InlineData("", "a", false)]
    [InlineData("*", "abc", true)]
    [InlineData("*", "", true)]
    [InlineData("*", "a/b", false)]
    [InlineData("a*", "ab/c", false)]
    [InlineData("a*/b", "abc/b", true)]
    [InlineData("a*/b", "a/c/b", false)]
    [InlineData("*x", "xxx", true)]
    [InlineData("a*b*c", "axbyc", true)]
    [InlineData("a*b*c", "axcyb", false)]
    [InlineData("?", "é", true)]
    [InlineData("?", "/", false)]
    [InlineData("??", "é", false)]
    [InlineData("[a-c]", "b", true)]
    [InlineData("[a-c]", "d", false)]
    [InlineData("[^a-c]", "d", true)]
    [InlineData("[^a]", "/", true)] // a class does not stop at a slash
    [InlineData("[z-a]", "m", false)]
    [InlineData("[á-é]", "ã", true)]
    [InlineData("[\\]]", "]", true)]
    [InlineData("[a\\-z]", "-", true)]
    [InlineData("[a\\-z]", "m", false)]
    [InlineData("[!a]", "!", true)] // negation is ^, not !
    [InlineData("\\*", "*", true)]
    [InlineData("\\*", "a", false)]
    [InlineData("*[^x]*", "a/b", false)] // the shortest star is never taken back
    [InlineData("[*]", "*", true)]
    [InlineData("a]", "a]", true)]
    public void Pattern_matches_as_in_Go(string pattern, string name, bool matches) =>
        Assert.Equal(matches, GoMatch.Parse(Encoding.UTF8.GetBytes(pattern))!.IsMatch(Encoding.UTF8.GetBytes(name)));

    [Theory]
    [InlineData("[")]
    [InlineData("[]")]
    [InlineData("[]a]")]
    [InlineData("[^]")]
    [InlineData("[a")]
    [InlineData("[a-")]
    [InlineData("[a-]")]
    [InlineData("[-a]")]
    [InlineData("[a\\")]
    [InlineData("\\")]
    [InlineData("a\\")]
    [InlineData("a*[")]
    public void Bad_pattern_is_refused_wherever_the_fault_is(string pattern) => Assert.Null(GoMatch.Parse(Encoding.UTF8.GetBytes(pattern)));

    [Fact]
    public void Byte_that_is_not_text_counts_as_one_character_outside_and_as_a_fault_inside_a_class()
    {
        Assert.True(GoMatch.Parse("?"u8)!.IsMatch([0xFF]));
        Assert.False(GoMatch.Parse("?"u8)!.IsMatch([0xE2, 0x82]));
        Assert.True(GoMatch.Parse("[\uFFFD]"u8)!.IsMatch([0xFF]));
        Assert.True(GoMatch.Parse([0xFF])!.IsMatch([0xFF]));
        Assert.Null(GoMatch.Parse([(byte)'[', 0xFF, (byte)']']));
    }

    [Property(MaxTest = 2000)]
    public Property Escaped_name_matches_itself_alone() =>
        Prop.ForAll(
            NameOf("ab*?[]\\^-/é").ToArbitrary(),
            NameOf("ab*?[]\\^-/é").ToArbitrary(),
            (name, other) =>
            {
                string escaped = string.Concat(name.Select(c => "\\*?[".Contains(c) ? "\\" + c : c.ToString()));
                GoMatch pattern = GoMatch.Parse(Encoding.UTF8.GetBytes(escaped))!;
                return pattern.IsMatch(Encoding.UTF8.GetBytes(name)) && pattern.IsMatch(Encoding.UTF8.GetBytes(other)) == (name == other);
            }
        );

    [Property(MaxTest = 20_000)]
    public Property Without_classes_it_agrees_with_trying_every_split() =>
        Prop.ForAll(
            NameOf("aab**?/").ToArbitrary(),
            NameOf("aab/").ToArbitrary(),
            (pattern, name) =>
                GoMatch.Parse(Encoding.ASCII.GetBytes(pattern))!.IsMatch(Encoding.ASCII.GetBytes(name)) == MatchesSomehow(pattern, name)
        );

    [Property(MaxTest = 20_000)]
    public Property Any_bytes_are_a_pattern_or_refused_and_never_more() =>
        Prop.ForAll(
            NameOf("a[]^-\\*?é/").ToArbitrary(),
            NameOf("a-]/").ToArbitrary(),
            (pattern, name) =>
            {
                GoMatch? match = GoMatch.Parse(Encoding.UTF8.GetBytes(pattern));
                _ = match?.IsMatch(Encoding.UTF8.GetBytes(name));
                return match is not null || pattern.Contains('[') || pattern.EndsWith('\\');
            }
        );

    private static Gen<string> NameOf(string alphabet) => Gen.Elements(alphabet.ToCharArray()).ListOf().Select(c => string.Concat(c));

    private static bool MatchesSomehow(ReadOnlySpan<char> pattern, ReadOnlySpan<char> name)
    {
        if (pattern.IsEmpty)
            return name.IsEmpty;
        if (pattern[0] != '*')
            return !name.IsEmpty && (pattern[0] == '?' ? name[0] != '/' : pattern[0] == name[0]) && MatchesSomehow(pattern[1..], name[1..]);
        for (int taken = 0; ; taken++)
        {
            if (MatchesSomehow(pattern[1..], name[taken..]))
                return true;
            if (taken == name.Length || name[taken] == '/')
                return false;
        }
    }
}
