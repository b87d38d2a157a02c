using System.Buffers;
using System.Globalization;
using System.Text;

namespace RankMyBrand.Tests.Gateway.Fuzz;

/// <summary>The head of an HTTP/1.1 message, read as strictly as RFC 9112 lets a sender be.</summary>
internal sealed class MessageHead
{
    private static readonly SearchValues<char> s_visible =
        SearchValues.Create([.. Enumerable.Range(' ', '~' - ' ' + 1).Select(code => (char)code), '\t']);

    private static readonly SearchValues<char> s_token =
        SearchValues.Create("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");

    private MessageHead(string startLine, List<(string Name, string Value)> headers) => (StartLine, Headers) = (startLine, headers);

    public string StartLine { get; }

    public IReadOnlyList<(string Name, string Value)> Headers { get; }

    /// <summary>Null for chunks, and for a body that is not there or ends with the connection.</summary>
    public int? Length { get; private init; }

    public bool IsChunked { get; private init; }

    /// <summary>Reads the lines of a head.</summary>
    /// <exception cref="FormatException">A sender must not send it.</exception>
    public static MessageHead Parse(ReadOnlySpan<byte> head)
    {
        var lines = Encoding.Latin1.GetString(head).Split("\r\n");
        var headers = new List<(string Name, string Value)>(lines.Length);
        foreach (var line in lines)
        {
            if (line.AsSpan().ContainsAnyExcept(s_visible))
                throw new FormatException($"A line has characters beyond visible ASCII: {line}");
        }

        foreach (var line in lines.AsSpan(1))
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon <= 0 || line.AsSpan(0, colon).ContainsAnyExcept(s_token))
                throw new FormatException($"A header has no name: {line}");
            headers.Add((line[..colon], line[(colon + 1)..].Trim(' ', '\t')));
        }

        return WithFraming(lines[0], headers);
    }

    /// <summary>The values of a header.</summary>
    public IEnumerable<string> Values(string name) =>
        Headers.Where(header => header.Name.Equals(name, StringComparison.OrdinalIgnoreCase)).Select(header => header.Value);

    public string? Value(string name) => Values(name).FirstOrDefault();

    public override string ToString() => string.Join(" | ", [StartLine, .. Headers.Select(header => $"{header.Name}: {header.Value}")]);

    private static MessageHead WithFraming(string startLine, List<(string Name, string Value)> headers)
    {
        var head = new MessageHead(startLine, headers);
        var (lengths, codings) = (head.Values("Content-Length").ToArray(), head.Values("Transfer-Encoding").ToArray());
        if (lengths.Length + codings.Length > 1)
            throw new FormatException("The length is told more than once.");
        if (codings is [not "chunked"])
            throw new FormatException($"The transfer coding is '{codings[0]}'.");
        var length = 0;
        if (lengths is [var text] && !int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out length))
            throw new FormatException($"The length is '{text}'.");
        return new MessageHead(startLine, headers) { IsChunked = codings.Length > 0, Length = lengths.Length > 0 ? length : null };
    }
}
