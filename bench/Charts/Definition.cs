using System.Globalization;
using System.Text;

namespace CacheDaemon.Bench.Charts;

/// <summary>
/// A custom resource definition as code generators write them: an OpenAPI schema many levels deep, where each field has
/// a description of several lines, and pod specs with all their affinities, volumes and probes are spelled out again in
/// each kind. Shaped after the definitions of prometheus-operator (0.01 to 0.8 MB each): lines of about 70 characters, more than half
/// of them indentation; two of three lines have a key; descriptions are block scalars, plain ones, or plain ones over two lines.
/// </summary>
internal sealed class Definition
{
    private const int Deepest = 9;

    private readonly Prose _prose;
    private readonly StringBuilder _text = new();
    private readonly int _bytes;

    private Definition(int seed, int bytes) => (_prose, _bytes) = (new Prose(seed), bytes);

    /// <summary>A definition of about so many bytes.</summary>
    /// <param name="plural">The kind's name in the plural, in lower case.</param>
    /// <param name="bytes">How long it gets, to a percent or two.</param>
    /// <param name="seed">Which one.</param>
    /// <param name="metadata">Lines of <c>metadata:</c> besides the name, each indented by two; may hold template actions.</param>
    public static string Text(string plural, int bytes, int seed, string metadata)
    {
        var definition = new Definition(seed, bytes);
        definition.Write(plural, metadata);
        return definition._text.ToString();
    }

    private void Write(string plural, string metadata)
    {
        string kind = char.ToUpperInvariant(plural[0]) + plural[1..^1];
        _text.Append(
            CultureInfo.InvariantCulture,
            $$"""
            apiVersion: apiextensions.k8s.io/v1
            kind: CustomResourceDefinition
            metadata:
            {{metadata}}
              name: {{plural}}.bench.example
            spec:
              group: bench.example
              names:
                kind: {{kind}}
                listKind: {{kind}}List
                plural: {{plural}}
                singular: {{plural[..^1]}}
              scope: Namespaced
              versions:
              - name: v1
                served: true
                storage: true
                schema:
                  openAPIV3Schema:
                    type: object
                    required: [spec]
                    properties:
                      spec:
                        type: object
                        properties:

            """
        );
        for (int i = 0; _text.Length < _bytes - 100; i++)
            Field(_prose.Field(i), 18, 0);
        _text.Append("    subresources:\n      status: {}\n");
    }

    private void Field(string name, int indent, int depth)
    {
        Line(indent, $"{name}:");
        Describe(indent + 2);
        bool nested = depth < Deepest && _prose.Chance(55 - 3 * depth) && _text.Length < _bytes - 300;
        if (!nested)
            Leaf(indent + 2);
        else if (_prose.Chance(40))
        {
            Line(indent + 2, "items:");
            Describe(indent + 4);
            Object(indent + 4, depth + 2);
            Line(indent + 2, "type: array");
            Line(indent + 2, "x-kubernetes-list-type: atomic");
        }
        else
            Object(indent + 2, depth + 1);
    }

    private void Object(int indent, int depth)
    {
        Line(indent, "properties:");
        string first = "";
        int fields = 2 + _prose.Next(4);
        for (int i = 0; i < fields; i++)
        {
            string name = _prose.Field(i);
            first = i == 0 ? name : first;
            Field(name, indent + 2, depth);
        }
        Line(indent, "required:");
        Line(indent, $"- {first}");
        Line(indent, "type: object");
    }

    private void Leaf(int indent)
    {
        switch (_prose.Next(5))
        {
            case 0:
                Line(indent, "format: int32");
                Line(indent, "minimum: 0");
                Line(indent, "type: integer");
                break;
            case 1:
                Line(indent, "type: boolean");
                break;
            case 2:
                Line(indent, "enum:");
                Line(indent, "- Always");
                Line(indent, "- Never");
                Line(indent, "type: string");
                break;
            case 3:
                Line(indent, "additionalProperties:");
                Line(indent + 2, "type: string");
                Line(indent, "type: object");
                break;
            default:
                Line(indent, "pattern: ^(0|([0-9]+(s|m|h))+)$");
                Line(indent, "type: string");
                break;
        }
    }

    private void Describe(int indent)
    {
        int lines = _prose.Next(4);
        if (lines < 2)
        {
            Line(indent, $"description: {_prose.Line(45)}");
            if (lines == 1)
                Line(indent + 2, _prose.Line(20));
            return;
        }
        Line(indent, "description: |-");
        for (int i = 0; i < lines; i++)
            Line(indent + 2, _prose.Line(65));
    }

    private void Line(int indent, string text) => _text.Append(' ', indent).Append(text).Append('\n');
}
