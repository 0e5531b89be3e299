using System.Text;
using CacheDaemon.Daemon.Charts;
using Xunit;

namespace CacheDaemon.Tests.Charts;

/// <summary>Which schemas refer to others: what a logging proxy in front of both helms saw.</summary>
public sealed class ChartSchemaTests
{
    [Theory]
    [InlineData("{}")]
    [InlineData("\uFEFF{\"type\":\"object\"}")]
    [InlineData("""{"$schema":"http://json-schema.org/draft-07/schema#","properties":{"a":{"$ref":"#/definitions/a"}}}""")]
    [InlineData("""{"$schema":"https://json-schema.org/draft/2020-12/schema","$ref":"#/$defs/a"}""")]
    [InlineData("""{"$id":"https://example.com/values.json","$ref":"#/definitions/a"}""")]
    [InlineData("""{"properties":{"$ref":{"type":"string"},"id":{"type":"string"},"$id":{}}}""")]
    [InlineData("""{"$ref":"#"}""")]
    [InlineData("""{"$id":"other.json"}""")]
    [InlineData("""{"$id":"file:///etc/","properties":{"a":{"$id":"https://example.com/a/"}}}""")]
    [InlineData(
        """{"examples":[{"$ref":"file:///etc/passwd"}],"properties":{"a":{"default":{"$ref":"a"},"const":{"id":"b"},"enum":[{"$ref":"c"}]}}}"""
    )]
    [InlineData("""{"examples":[{"$ref":"a.json"}],"$defs":{"a":{}},"$ref":"#/$defs/a"}""")]
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
    [InlineData("""{"$id":"file:///etc/","$ref":"#/a"}""")]
    [InlineData("""{"$id":"other.json","$ref":"#/a"}""")]
    [InlineData("""{"properties":{"a":{"$id":"https://example.com/a/","$ref":"#/a"}}}""")]
    [InlineData("""{"properties":{"examples":{"$ref":"file:///etc/passwd"}}}""")]
    [InlineData("""{"properties":{"properties":{"examples":[{}],"$ref":"a.json"}}}""")]
    [InlineData("""{"examples":[{"$ref":"a.json"}],"$ref":"#/examples/0"}""")]
    [InlineData("""{"examples":[{"$ref":"a.json"}],"$ref":"#/e%78amples/0"}""")]
    [InlineData("""{"examples":[{"$anchor":"x","$ref":"a.json"}],"$ref":"#x"}""")]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("{} {}")]
    [InlineData("{\"a\":\"\\ud800\",\"$ref\":\"\\ud800\"}")]
    [InlineData("not json")]
    public void Schema_that_may_read_something_else_is_flagged(string schema) => Assert.True(RefersOutside(schema));

    [Fact]
    public void Schema_of_any_chart_in_the_tree_flags_it_and_none_beside()
    {
        using var chart = new ChartDirectory();
        Assert.False(chart.Write("values.schema.json", "{}").Tree().SchemaReferencesOutside);
        Assert.False(chart.Write("files/values.schema.json", "{\"$ref\":\"/etc/passwd\"}").Tree().SchemaReferencesOutside);
        Assert.False(chart.Write("charts/kid/files/values.schema.json", "{\"$ref\":\"/etc/passwd\"}").Tree().SchemaReferencesOutside);
        Assert.True(chart.Write("charts/kid/values.schema.json", "{\"$ref\":\"/etc/passwd\"}").Tree().SchemaReferencesOutside);
    }

    private static bool RefersOutside(string schema) => ChartSchema.RefersOutside(Encoding.UTF8.GetBytes(schema));
}
