using System.Buffers;

namespace StackExchange.Redis;

/// <summary>Bytes on their way to the socket, in pieces from a pool.</summary>
internal sealed class SendBuffer
{
    private const int PieceSize = 64 * 1024;
    private const int CopyAtMost = 4 * 1024;
    private readonly List<(byte[] Array, int Length)> _full = [];
    private byte[]? _last;
    private int _used;

    public bool IsEmpty => _used == 0 && _full.Count == 0;

    public void Append(ReadOnlySpan<byte> bytes)
    {
        if (_last is null || _last.Length - _used < bytes.Length)
        {
            if (_used > 0) _full.Add((_last!, _used));
            else if (_last is not null) ArrayPool<byte>.Shared.Return(_last);
            _last = ArrayPool<byte>.Shared.Rent(Math.Max(PieceSize, bytes.Length));
            _used = 0;
        }
        bytes.CopyTo(_last.AsSpan(_used));
        _used += bytes.Length;
    }

    public async ValueTask WriteToAsync(Stream stream, CancellationToken cancellationToken)
    {
        foreach (var (array, length) in _full) await stream.WriteAsync(array.AsMemory(0, length), cancellationToken).ConfigureAwait(false);
        if (_used > 0) await stream.WriteAsync(_last.AsMemory(0, _used), cancellationToken).ConfigureAwait(false);
        Clear();
    }

    /// <summary>Hands everything over to another buffer; pieces change their owner where that is cheaper than copying them.</summary>
    public void MoveTo(SendBuffer other)
    {
        if (_full.Count == 0 && _used <= CopyAtMost)
        {
            if (_used > 0) other.Append(_last.AsSpan(0, _used));
            Clear();
            return;
        }
        if (other._used > 0) other._full.Add((other._last!, other._used));
        else if (other._last is not null) ArrayPool<byte>.Shared.Return(other._last);
        other._full.AddRange(_full);
        (other._last, other._used) = (_last, _used);
        _full.Clear();
        (_last, _used) = (null, 0);
    }

    public byte[] ToArray()
    {
        var all = new byte[_used + _full.Sum(piece => piece.Length)];
        var at = 0;
        foreach (var (array, length) in _full)
        {
            array.AsSpan(0, length).CopyTo(all.AsSpan(at));
            at += length;
        }
        if (_used > 0) _last.AsSpan(0, _used).CopyTo(all.AsSpan(at));
        return all;
    }

    /// <summary>Gives every piece back; for buffers that are not used again.</summary>
    public void Release()
    {
        Clear();
        if (_last is not null) ArrayPool<byte>.Shared.Return(_last);
        _last = null;
    }

    /// <summary>Empties the buffer; one piece of the usual size is kept for the next time.</summary>
    public void Clear()
    {
        foreach (var (array, _) in _full) ArrayPool<byte>.Shared.Return(array);
        _full.Clear();
        _used = 0;
        if (_last is not { Length: > PieceSize * 2 }) return;
        ArrayPool<byte>.Shared.Return(_last);
        _last = null;
    }
}
