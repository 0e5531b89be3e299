using System.Collections.Generic;

namespace CacheDaemon.Bench.EndToEnd;

/// <summary>How a time grows with something: what <c>bench -- plot</c> draws.</summary>
/// <param name="Name">The file's name: letters and hyphens.</param>
/// <param name="Title">What is shown.</param>
/// <param name="X">What grows, with its unit.</param>
/// <param name="Points">Measured points, in the order of x for each contender.</param>
internal sealed record Curve(string Name, string Title, string X, IReadOnlyList<CurvePoint> Points);

/// <summary>One measured point.</summary>
/// <param name="Who">The contender.</param>
/// <param name="At">Where on the x axis.</param>
/// <param name="Times">Milliseconds.</param>
internal sealed record CurvePoint(string Who, double At, Samples Times);
