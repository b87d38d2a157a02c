using System.Buffers.Text;
using System.Text;

namespace StackExchange.Redis;

/// <summary>Composes one command as an array of bulk strings. Each thread reuses its own.</summary>
internal sealed class CommandFrame
{
    // Room for "*2147483647\r\n", which is written last, when the number of arguments is known.
    private const int Header = 16;
    private const int Small = 4096;
    private const int Retained = 256 * 1024;

    [ThreadStatic]
    private static CommandFrame? s_mine;

    private byte[] _buffer = new byte[Small];
    private int _length;
    private int _count;

    public Command Command { get; private set; } = null!;

    /// <summary>Starts a command. The frame is valid until the thread starts the next one.</summary>
    public static CommandFrame Start(Command command, CommandMap map)
    {
        var frame = s_mine ??= new();
        if (frame._buffer.Length > Retained) frame._buffer = new byte[Small];
        command = command.MappedBy(map);
        frame.Command = command;
        frame._length = Header;
        frame._count = 1;
        var bulk = command.Bulk;
        bulk.CopyTo(frame.Reserve(bulk.Length));
        frame._length += bulk.Length;
        return frame;
    }

    /// <summary>The whole of a command without arguments.</summary>
    public static byte[] Alone(Command command) => [.. "*1\r\n"u8, .. command.Bulk];

    public CommandFrame Add(RedisKey key)
    {
        if (key.Text is { } text) return Add(text);
        if (key.IsNull) throw new ArgumentException("A null key is not valid in this context", nameof(key));
        return Add(key.Bytes.Span);
    }

    public CommandFrame Add(RedisValue value)
    {
        switch (value.Kind)
        {
            case RedisValue.Storage.Null:
                throw new ArgumentException("A null value is not valid in this context", nameof(value));
            case RedisValue.Storage.Bytes:
                return Add(value.BytesValue.Span);
            case RedisValue.Storage.Text:
                return Add(value.TextValue);
            default:
                Span<byte> number = stackalloc byte[NumberText.MaxLength];
                return Add(number[..value.FormatNumber(number)]);
        }
    }

    public CommandFrame Add(RedisChannel channel) => Add(channel.Bytes.Span);

    public CommandFrame Add(int value) => Add((long)value);

    public CommandFrame Add(long value)
    {
        Span<byte> number = stackalloc byte[NumberText.MaxLength];
        return Add(number[..NumberText.Format(value, number)]);
    }

    public CommandFrame Add(double value)
    {
        Span<byte> number = stackalloc byte[NumberText.MaxLength];
        return Add(number[..NumberText.Format(value, number)]);
    }

    public CommandFrame Add(string text)
    {
        var bytes = Encoding.UTF8.GetByteCount(text);
        var target = Reserve(bytes + 16);
        var start = Prefix(target, (byte)'$', bytes);
        start += Encoding.UTF8.GetBytes(text, target[start..]);
        target[start] = (byte)'\r';
        target[start + 1] = (byte)'\n';
        _length += start + 2;
        _count++;
        return this;
    }

    public CommandFrame Add(ReadOnlySpan<byte> bytes)
    {
        var target = Reserve(checked(bytes.Length + 16));
        var start = Prefix(target, (byte)'$', bytes.Length);
        bytes.CopyTo(target[start..]);
        start += bytes.Length;
        target[start] = (byte)'\r';
        target[start + 1] = (byte)'\n';
        _length += start + 2;
        _count++;
        return this;
    }

    public CommandFrame Add(RedisKey[] keys)
    {
        foreach (var key in keys) Add(key);
        return this;
    }

    public CommandFrame Add(RedisValue[] values)
    {
        foreach (var value in values) Add(value);
        return this;
    }

    /// <summary>Adds a word only when a condition holds.</summary>
    public CommandFrame AddIf(bool condition, ReadOnlySpan<byte> word) => condition ? Add(word) : this;

    /// <summary>The whole command.</summary>
    public ReadOnlySpan<byte> Complete()
    {
        Span<byte> header = stackalloc byte[Header];
        var length = Prefix(header, (byte)'*', _count);
        var start = Header - length;
        header[..length].CopyTo(_buffer.AsSpan(start));
        return _buffer.AsSpan(start, _length - start);
    }

    private static int Prefix(Span<byte> target, byte kind, int number)
    {
        target[0] = kind;
        Utf8Formatter.TryFormat(number, target[1..], out var digits);
        target[digits + 1] = (byte)'\r';
        target[digits + 2] = (byte)'\n';
        return digits + 3;
    }

    private Span<byte> Reserve(int size)
    {
        if (_buffer.Length - _length < size) Array.Resize(ref _buffer, (int)Math.Min(Array.MaxLength, Math.Max(_buffer.Length * 2L, (long)_length + size)));
        return _buffer.AsSpan(_length);
    }
}
