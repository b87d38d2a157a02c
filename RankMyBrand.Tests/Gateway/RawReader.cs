using System.Globalization;
using System.Text;

namespace RankMyBrand.Tests.Gateway;

/// <summary>Reads HTTP/1.1 messages off a stream as they are, byte by byte as Latin-1 text.</summary>
internal sealed class RawReader(Stream stream)
{
    private readonly byte[] _buffer = new byte[16 * 1024];
    private readonly StringBuilder _text = new();

    /// <summary>The next message, head and body; null when the other side has closed in between.</summary>
    /// <param name="ct">Ends the wait.</param>
    /// <param name="hasBody">False for the answer to a HEAD request.</param>
    public async Task<string?> ReadMessageAsync(CancellationToken ct, bool hasBody = true)
    {
        int end;
        while ((end = Find("\r\n\r\n")) < 0)
        {
            if (!await FillAsync(ct))
                return _text.Length == 0 ? null : throw new IOException($"Closed in the head: {_text}");
        }

        end += 4;
        var head = _text.ToString(0, end);
        if (!hasBody || head.StartsWith("HTTP/1.1 1", StringComparison.Ordinal) || head.StartsWith("HTTP/1.1 204", StringComparison.Ordinal) || head.StartsWith("HTTP/1.1 304", StringComparison.Ordinal))
            return Take(end);
        if (RawBackend.Values(head, "Transfer-Encoding").Any(value => value.Contains("chunked", StringComparison.OrdinalIgnoreCase)))
            return Take(await EndOfChunksAsync(end, ct));
        if (RawBackend.Values(head, "Content-Length") is [var length, ..])
        {
            end += int.Parse(length, CultureInfo.InvariantCulture);
            while (_text.Length < end && await FillAsync(ct))
            {
            }

            return Take(Math.Min(end, _text.Length));
        }

        if (!head.StartsWith("HTTP/1.1", StringComparison.Ordinal))
            return Take(end);                                          // a request without a body
        while (await FillAsync(ct))
        {
        }

        return Take(_text.Length);
    }

    private async Task<int> EndOfChunksAsync(int start, CancellationToken ct)
    {
        while (true)
        {
            var line = await LineAsync(start, ct);
            var size = int.Parse(line.Split(';')[0], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            start += line.Length + 2;
            if (size > 0)
            {
                start += size + 2;
                continue;
            }

            while ((line = await LineAsync(start, ct)).Length > 0)     // trailers
                start += line.Length + 2;
            return start + 2;
        }
    }

    private async Task<string> LineAsync(int start, CancellationToken ct)
    {
        int end;
        while ((end = Find("\r\n", start)) < 0)
        {
            if (!await FillAsync(ct))
                throw new IOException($"Closed in a chunk: {_text}");
        }

        return _text.ToString(start, end - start);
    }

    private int Find(string what, int start = 0) =>
        start >= _text.Length ? -1 : _text.ToString().IndexOf(what, start, StringComparison.Ordinal);

    private string Take(int length)
    {
        var message = _text.ToString(0, length);
        _text.Remove(0, length);
        return message;
    }

    private async Task<bool> FillAsync(CancellationToken ct)
    {
        var read = await stream.ReadAsync(_buffer, ct);
        _text.Append(Encoding.Latin1.GetString(_buffer, 0, read));
        return read > 0;
    }
}
