using System.Globalization;
using System.Text;

namespace RankMyBrand.Tests.Gateway.Fuzz;

/// <summary>Reads HTTP/1.1 messages off a stream and takes nothing that a sender must not send.</summary>
internal sealed class StrictReader(Stream stream)
{
    private byte[] _buffer = new byte[4 * 1024];
    private int _start;
    private int _end;

    /// <summary>The next head; null when the other side has closed in between.</summary>
    /// <exception cref="FormatException">It is no head.</exception>
    /// <exception cref="EndOfStreamException">The other side has closed within it.</exception>
    public async ValueTask<MessageHead?> ReadHeadAsync(CancellationToken ct)
    {
        var scanned = 0;
        while (true)
        {
            var at = _buffer.AsSpan(_start + scanned, _end - _start - scanned).IndexOf("\r\n\r\n"u8);
            if (at >= 0)
            {
                var length = scanned + at;
                var head = MessageHead.Parse(_buffer.AsSpan(_start, length));
                _start += length + 4;
                return head;
            }

            scanned = Math.Max(0, _end - _start - 3);
            if (await FillAsync(ct))
                continue;
            return _start == _end ? null : throw new EndOfStreamException("Closed within a head.");
        }
    }

    /// <summary>The body behind a head.</summary>
    public async ValueTask<string> ReadBodyAsync(MessageHead head, bool endsWithConnection, CancellationToken ct)
    {
        if (head.IsChunked)
            return await ReadChunksAsync(ct);
        if (head.Length is { } length)
            return await TakeAsync(length, ct);
        while (endsWithConnection && await FillAsync(ct))
        {
        }

        return endsWithConnection ? Take(_end - _start) : "";
    }

    private async ValueTask<string> ReadChunksAsync(CancellationToken ct)
    {
        var body = new StringBuilder();
        while (true)
        {
            var line = await ReadLineAsync(ct);
            if (line.Length is 0 or > 8 || !int.TryParse(line, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var size))
                throw new FormatException($"A chunk has the size '{line}'.");
            body.Append(await TakeAsync(size, ct));
            if (await ReadLineAsync(ct) is { Length: > 0 } rest)
                throw new FormatException($"Behind a chunk there is '{rest}'.");
            if (size == 0)
                return body.ToString();
        }
    }

    private async ValueTask<string> ReadLineAsync(CancellationToken ct)
    {
        int length;
        while ((length = _buffer.AsSpan(_start, _end - _start).IndexOf("\r\n"u8)) < 0)
            await FillOrThrowAsync(ct);
        var line = Take(length);
        _start += 2;
        return line;
    }

    private async ValueTask<string> TakeAsync(int length, CancellationToken ct)
    {
        while (_end - _start < length)
            await FillOrThrowAsync(ct);
        return Take(length);
    }

    private string Take(int length)
    {
        var text = Encoding.Latin1.GetString(_buffer, _start, length);
        _start += length;
        return text;
    }

    private async ValueTask FillOrThrowAsync(CancellationToken ct)
    {
        if (!await FillAsync(ct))
            throw new EndOfStreamException("Closed within a body.");
    }

    private async ValueTask<bool> FillAsync(CancellationToken ct)
    {
        if (_start == _end)
            _start = _end = 0;
        if (_start > 0 && _end == _buffer.Length)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            (_start, _end) = (0, _end - _start);
        }

        if (_end == _buffer.Length)
            Array.Resize(ref _buffer, _buffer.Length * 2);
        var read = await stream.ReadAsync(_buffer.AsMemory(_end), ct);
        _end += read;
        return read > 0;
    }
}
