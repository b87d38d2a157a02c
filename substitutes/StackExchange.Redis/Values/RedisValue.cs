using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;

namespace StackExchange.Redis;

/// <summary>A value sent to or received from Redis: text, bytes, an integer, a double, or nothing at all.</summary>
/// <remarks>Text and its UTF-8 bytes are the same value, and so are a number and its decimal text.</remarks>
public readonly partial struct RedisValue : IEquatable<RedisValue>, IComparable<RedisValue>, IComparable, IConvertible
{
    private static readonly object s_signed = new();
    private static readonly object s_unsigned = new();
    private static readonly object s_floating = new();

    // Null, one of the markers above, a string, a byte[] or a MemoryManager<byte>.
    private readonly object? _source;

    // The number itself, or offset (high half) and length (low half) of the bytes in the source.
    private readonly long _bits;

    private RedisValue(object? source, long bits)
    {
        _source = source;
        _bits = bits;
    }

    /// <summary>Makes a value of a text.</summary>
    public RedisValue(string value) : this(value, 0) { }

    /// <summary>The value of zero length, which is not the same as no value.</summary>
    public static RedisValue EmptyString { get; } = new("", 0);

    /// <summary>No value: what Redis answers for a key or field that does not exist.</summary>
    public static RedisValue Null => default;

    /// <summary>Whether the value is held as an integer.</summary>
    [System.ComponentModel.EditorBrowsable(System.ComponentModel.EditorBrowsableState.Never)]
    public bool IsInteger => Kind is Storage.Signed or Storage.Unsigned;

    /// <summary>Whether there is no value.</summary>
    public bool IsNull => _source is null;

    /// <summary>Whether there is no value or one of zero length.</summary>
    public bool IsNullOrEmpty => Kind switch
    {
        Storage.Null => true,
        Storage.Text => ((string)_source!).Length == 0,
        Storage.Bytes => (int)_bits == 0,
        _ => false,
    };

    /// <summary>Whether there is a value of at least one byte.</summary>
    public bool HasValue => !IsNullOrEmpty;

    internal enum Storage { Null, Signed, Unsigned, Floating, Text, Bytes }

    internal Storage Kind
    {
        get
        {
            var source = _source;
            if (source is null) return Storage.Null;
            if (source is string) return Storage.Text;
            if (ReferenceEquals(source, s_signed)) return Storage.Signed;
            if (ReferenceEquals(source, s_unsigned)) return Storage.Unsigned;
            return ReferenceEquals(source, s_floating) ? Storage.Floating : Storage.Bytes;
        }
    }

    internal long SignedValue => _bits;

    internal ulong UnsignedValue => unchecked((ulong)_bits);

    internal double FloatingValue => BitConverter.Int64BitsToDouble(_bits);

    internal string TextValue => (string)_source!;

    internal ReadOnlyMemory<byte> BytesValue
    {
        get
        {
            var (offset, length) = ((int)(_bits >> 32), (int)_bits);
            return _source is byte[] array ? new(array, offset, length) : ((MemoryManager<byte>)_source!).Memory.Slice(offset, length);
        }
    }

    /// <summary>The number of bytes the value takes on the wire; 0 for no value.</summary>
    public long Length() => GetLongByteCount();

    /// <summary>The number of bytes the value takes on the wire; 0 for no value.</summary>
    public long GetLongByteCount() => GetByteCount();

    /// <summary>The number of bytes the value takes on the wire; 0 for no value.</summary>
    public int GetByteCount() => Kind switch
    {
        Storage.Null => 0,
        Storage.Bytes => (int)_bits,
        Storage.Text => Encoding.UTF8.GetByteCount(TextValue),
        _ => FormatNumber(stackalloc byte[NumberText.MaxLength]),
    };

    /// <summary>Writes the value's bytes and returns how many there were.</summary>
    public int CopyTo(Span<byte> destination)
    {
        switch (Kind)
        {
            case Storage.Null:
                return 0;
            case Storage.Bytes:
                BytesValue.Span.CopyTo(destination);
                return (int)_bits;
            case Storage.Text:
                return Encoding.UTF8.GetBytes(TextValue, destination);
            default:
                return FormatNumber(destination);
        }
    }

    /// <summary>Whether the value begins with the bytes of another.</summary>
    public bool StartsWith(RedisValue value) => !IsNull && !value.IsNull && Bytes().Span.StartsWith(value.Bytes().Span);

    /// <summary>Whether the value begins with these bytes.</summary>
    public bool StartsWith(ReadOnlySpan<byte> value) => !IsNull && Bytes().Span.StartsWith(value);

    /// <summary>The value as text; the empty text when there is none.</summary>
    public override string ToString() => (string?)this ?? "";

    /// <summary>The value of what has been written to a stream; the bytes are not copied when the stream exposes them.</summary>
    public static RedisValue CreateFrom(MemoryStream stream)
    {
        if (stream is null) return Null;
        if (stream.Length == 0) return Array.Empty<byte>();
        return stream.TryGetBuffer(out var segment) ? segment.AsMemory() : stream.ToArray();
    }

    internal static RedisValue OfBytes(byte[] array, int offset, int length) => new(array, ((long)offset << 32) | (uint)length);

    internal static RedisValue OfBytes(ReadOnlyMemory<byte> memory)
    {
        if (MemoryMarshal.TryGetArray(memory, out var segment)) return OfBytes(segment.Array ?? [], segment.Offset, segment.Count);
        return MemoryMarshal.TryGetMemoryManager<byte, MemoryManager<byte>>(memory, out var manager, out var start, out var length)
            ? new RedisValue(manager, ((long)start << 32) | (uint)length)
            : memory.ToArray();
    }

    /// <summary>The bytes as they go over the wire, copied only when the value is not held as bytes already.</summary>
    internal ReadOnlyMemory<byte> Bytes()
    {
        switch (Kind)
        {
            case Storage.Null:
                return default;
            case Storage.Bytes:
                return BytesValue;
            case Storage.Text:
                return Encoding.UTF8.GetBytes(TextValue);
            default:
                var buffer = new byte[NumberText.MaxLength];
                return buffer.AsMemory(0, FormatNumber(buffer));
        }
    }

    internal int FormatNumber(Span<byte> destination) => Kind switch
    {
        Storage.Signed => NumberText.Format(SignedValue, destination),
        Storage.Unsigned => NumberText.Format(UnsignedValue, destination),
        _ => NumberText.Format(FloatingValue, destination),
    };
}
