using System.Collections;
using System.Globalization;

namespace RankMyBrand.Gateway.Http;

/// <summary>A request in the access log: a short line for people, and by name all that is known.</summary>
internal sealed class AccessLogEntry : IReadOnlyList<KeyValuePair<string, object?>>
{
    // What the line says, as message templates do; logs are grouped by it.
    private const string Template = "{Method} {Path} {Status} in {DurationMs} ms, {Identity} at {ClientIp}";

    public required string Method { get; init; }

    /// <summary>Without the query; encoded.</summary>
    public required string Path { get; init; }

    public required int Status { get; init; }

    public required double DurationMs { get; init; }

    public string? Route { get; init; }

    /// <summary>The destination that has answered.</summary>
    public string? Upstream { get; init; }

    public long? RequestBytes { get; init; }

    public long? ResponseBytes { get; init; }

    public string? ClientIp { get; init; }

    public string? Identity { get; init; }

    public string? Tenant { get; init; }

    public required string CorrelationId { get; init; }

    /// <summary>Why the request was refused.</summary>
    public string? Refusal { get; init; }

    public int Count => 14;

    public KeyValuePair<string, object?> this[int index] => index switch
    {
        0 => new(nameof(Method), Method),
        1 => new(nameof(Path), Path),
        2 => new(nameof(Status), Status),
        3 => new(nameof(DurationMs), DurationMs),
        4 => new(nameof(Route), Route),
        5 => new(nameof(Upstream), Upstream),
        6 => new(nameof(RequestBytes), RequestBytes),
        7 => new(nameof(ResponseBytes), ResponseBytes),
        8 => new(nameof(ClientIp), ClientIp),
        9 => new(nameof(Identity), Identity),
        10 => new(nameof(Tenant), Tenant),
        11 => new(nameof(CorrelationId), CorrelationId),
        12 => new(nameof(Refusal), Refusal),
        13 => new("{OriginalFormat}", Template),
        _ => throw new ArgumentOutOfRangeException(nameof(index), index, $"An entry has {Count} values."),
    };

    public IEnumerator<KeyValuePair<string, object?>> GetEnumerator()
    {
        for (var i = 0; i < Count; i++)
            yield return this[i];
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    public override string ToString()
    {
        var line = string.Create(
            CultureInfo.InvariantCulture, $"{Method} {Path} {Status} in {DurationMs:F1} ms, {Identity ?? "anonymous"} at {ClientIp}");
        return Refusal is null ? line : $"{line}: {Refusal}";
    }
}
