using System.Text;

namespace StackExchange.Redis;

/// <summary>Walks the elements of one complete reply, which a <see cref="RespScanner"/> has delimited.</summary>
internal ref struct RespReader
{
    private ReadOnlySpan<byte> _rest;

    public RespReader(ReadOnlySpan<byte> reply)
    {
        _rest = reply;
        Next();
    }

    /// <summary>The first byte of the element, which tells its type.</summary>
    public byte Type { get; private set; }

    /// <summary>The payload of an element that is no aggregate.</summary>
    public ReadOnlySpan<byte> Payload { get; private set; }

    /// <summary>How many elements follow that belong to this one: keys and values count each; 0 for a null.</summary>
    public int Count { get; private set; }

    /// <summary>Whether the element is nothing.</summary>
    public bool IsNull { get; private set; }

    public readonly bool IsError => Type is (byte)'-' or (byte)'!';

    public readonly bool IsAggregate => Type is (byte)'*' or (byte)'%' or (byte)'~' or (byte)'>';

    public readonly bool IsMap => Type == (byte)'%';

    /// <summary>Moves to the next element; attributes are passed over.</summary>
    public void Next()
    {
        while (true)
        {
            Read();
            if (Type != (byte)'|') return;
            // Counted, not called again: attributes may be nested deeper than the stack is.
            for (long left = Count; left > 0; left--)
            {
                Read();
                left += Count + (Type == (byte)'|' ? 1 : 0);
            }
        }
    }

    /// <summary>Passes over the elements that belong to this one.</summary>
    public void SkipChildren()
    {
        for (long left = Count; left > 0; left--)
        {
            Next();
            left += Count;
        }
        Count = 0;
    }

    /// <summary>Moves to the next element and returns it as a value.</summary>
    public RedisValue NextValue()
    {
        Next();
        return Value();
    }

    /// <summary>The element as a value; its bytes are copied.</summary>
    public readonly RedisValue Value()
    {
        if (IsNull) return RedisValue.Null;
        switch (Type)
        {
            case (byte)':':
                return NumberText.TryParse(Payload, out long number) ? number : Payload.ToArray();
            case (byte)'$' or (byte)'+' or (byte)'(':
                return Payload.ToArray();
            case (byte)',':
                return NumberText.TryParse(Payload, out double real) ? real : Payload.ToArray();
            case (byte)'#':
                return Payload is [(byte)'t'];
            case (byte)'=':
                return Payload.Length >= 4 ? Payload[4..].ToArray() : Payload.ToArray();
            default:
                throw Unexpected("a value");
        }
    }

    public readonly long Integer()
    {
        if (IsNull) return 0;
        if (Type == (byte)'#') return Payload is [(byte)'t'] ? 1 : 0;
        return !IsAggregate && NumberText.TryParse(Payload, out long number) ? number : throw Unexpected("an integer");
    }

    public readonly double Real()
    {
        if (IsNull) return 0;
        return !IsAggregate && NumberText.TryParse(Payload, out double number) ? number : throw Unexpected("a number");
    }

    public readonly string? Text() =>
        IsNull ? null : !IsAggregate ? Encoding.UTF8.GetString(Type == (byte)'=' ? Payload[4..] : Payload) : throw Unexpected("a text");

    public readonly bool Is(ReadOnlySpan<byte> text) => !IsNull && !IsAggregate && Payload.SequenceEqual(text);

    /// <summary>What to throw when the element is not what the command answers.</summary>
    public readonly RespException Unexpected(string expected) =>
        new($"The reply should be {expected}, but it is {(IsAggregate ? $"'{(char)Type}' of {Count} elements" : $"'{(char)Type}' of {Payload.Length} bytes")}.");

    private static long Length(ReadOnlySpan<byte> line) =>
        NumberText.TryParse(line, out long length) ? length : throw new RespException("A length is not a number.");

    private void Read()
    {
        if (_rest.IsEmpty) throw new RespException("The reply has fewer elements than expected.");
        Type = _rest[0];
        var end = _rest.IndexOf((byte)'\n');
        var line = _rest[1..end];
        if (line is [.., (byte)'\r']) line = line[..^1];
        _rest = _rest[(end + 1)..];
        Count = 0;
        IsNull = Type == (byte)'_';
        switch (Type)
        {
            case (byte)'$' or (byte)'!' or (byte)'=':
                var length = Length(line);
                IsNull = length < 0;
                Payload = IsNull ? default : _rest[..(int)length];
                if (IsNull) break;
                if (!_rest[(int)length..].StartsWith("\r\n"u8)) throw new RespException("A string is not followed by CR LF.");
                _rest = _rest[((int)length + 2)..];
                break;
            case (byte)'*' or (byte)'~' or (byte)'>' or (byte)'%' or (byte)'|':
                var count = Length(line);
                IsNull = count < 0;
                Count = IsNull ? 0 : (int)(Type is (byte)'%' or (byte)'|' ? count * 2 : count);
                Payload = default;
                break;
            default:
                Payload = line;
                break;
        }
    }
}
