using System.Text;
using CacheDaemon.Daemon.Fingerprints;
using Xunit;

namespace CacheDaemon.Tests.Fingerprints;

/// <summary>helm-inputs 4.6, and what a logging proxy in front of both helms saw.</summary>
public sealed class ChartTreeSchemaTests
{
    [Theory]
    [InlineData("{}")]
    [InlineData("\uFEFF{\"type\":\"object\"}")]
    [InlineData("""{"$schema":"http://json-schema.org/draft-07/schema#","properties":{"a":{"$ref":"#/definitions/a"}}}""")]
    [InlineData("""{"$schema":"https://json-schema.org/draft/2020-12/schema","$ref":"#/$defs/a"}""")]
    [InlineData("""{"$id":"https://example.com/values.json","$ref":"#/definitions/a"}""")]
    [InlineData("""{"properties":{"$ref":{"type":"string"},"id":{"type":"string"},"$id":{}}}""")]
    [InlineData("""{"$ref":"#"}""")]
    public void Schema_that_stays_inside_itself_is_fine(string schema) => Assert.False(RefersOutside(schema));

    [Theory]
    [InlineData("""{"$ref":"http://example.com/a.json"}""")]
    [InlineData("""{"properties":{"a":{"items":[{"$ref":"file:///etc/passwd"}]}}}""")]
    [InlineData("""{"\u0024ref":"other.json"}""")]
    [InlineData("""{"$ref":""}""")]
    [InlineData("""{"$ref":"#/a","$ref":"b.json"}""")]
    [InlineData("""{"$dynamicRef":"http://example.com/a.json"}""")]
    [InlineData("""{"$recursiveRef":"http://example.com/a.json"}""")]
    [InlineData("""{"$schema":"http://example.com/dialect"}""")]
    [InlineData("""{"$schema":"json-schema.org/draft-07/schema"}""")]
    [InlineData("""{"$id":"file:///etc/"}""")]
    [InlineData("""{"$id":"other.json"}""")]
    [InlineData("""{"properties":{"a":{"$id":"https://example.com/a/"}}}""")]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("{} {}")]
    [InlineData("{\"a\":\"\\ud800\",\"$ref\":\"\\ud800\"}")]
    [InlineData("not json")]
    public void Schema_that_may_read_something_else_is_flagged(string schema) => Assert.True(RefersOutside(schema));

    [Fact]
    public void Schema_anywhere_in_the_tree_flags_the_chart()
    {
        using var chart = new ChartDirectory();
        Assert.False(chart.Write("values.schema.json", "{}").Tree().SchemaReferencesOutside);
        Assert.True(chart.Write("charts/kid/values.schema.json", "{\"$ref\":\"/etc/passwd\"}").Tree().SchemaReferencesOutside);
    }

    private static bool RefersOutside(string schema) => ChartTreeSchema.RefersOutside(Encoding.UTF8.GetBytes(schema));
}
