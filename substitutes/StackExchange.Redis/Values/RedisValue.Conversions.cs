using System.Buffers;
using System.Globalization;
using System.Text;

namespace StackExchange.Redis;

public readonly partial struct RedisValue
{
    /// <summary>The value as a plain object: a string, a byte[], a long, a ulong, a double or null.</summary>
    public object? Box() => Kind switch
    {
        Storage.Null => null,
        Storage.Signed => SignedValue is >= int.MinValue and <= int.MaxValue ? (int)SignedValue : SignedValue,
        Storage.Unsigned => UnsignedValue,
        Storage.Floating => FloatingValue,
        Storage.Text => TextValue,
        _ => _source is byte[] array && array.Length == (int)_bits ? array : this,
    };

    /// <summary>The value of a plain object.</summary>
    /// <exception cref="ArgumentException">Redis has no form for the object's type; convert it to text or bytes first.</exception>
    public static RedisValue Unbox(object? value) => TryUnbox(value, out var result)
        ? result
        : throw new ArgumentException(
            $"A value of type {value!.GetType()} cannot be sent to Redis; convert it to text, bytes or a number first.", nameof(value));

    internal static bool TryUnbox(object? value, out RedisValue result)
    {
        switch (value)
        {
            case null: result = Null; return true;
            case string text: result = text; return true;
            case RedisValue same: result = same; return true;
            case int number: result = number; return true;
            case long number: result = number; return true;
            case uint number: result = number; return true;
            case ulong number: result = number; return true;
            case double number: result = number; return true;
            case float number: result = (double)number; return true;
            case bool flag: result = flag; return true;
            case byte[] bytes: result = bytes; return true;
            case ReadOnlyMemory<byte> bytes: result = bytes; return true;
            case Memory<byte> bytes: result = bytes; return true;
            default: result = Null; return false;
        }
    }

    /// <summary>Makes a value of a number.</summary>
    public static implicit operator RedisValue(int value) => new(s_signed, value);

    /// <summary>Makes a value of a number.</summary>
    public static implicit operator RedisValue(int? value) => value is { } number ? (RedisValue)number : Null;

    /// <summary>Makes a value of a number.</summary>
    public static implicit operator RedisValue(long value) => new(s_signed, value);

    /// <summary>Makes a value of a number.</summary>
    public static implicit operator RedisValue(long? value) => value is { } number ? (RedisValue)number : Null;

    /// <summary>Makes a value of a number.</summary>
    public static implicit operator RedisValue(ulong value) =>
        new(value <= long.MaxValue ? s_signed : s_unsigned, unchecked((long)value));

    /// <summary>Makes a value of a number.</summary>
    public static implicit operator RedisValue(ulong? value) => value is { } number ? (RedisValue)number : Null;

    /// <summary>Makes a value of a number.</summary>
    public static implicit operator RedisValue(uint value) => new(s_signed, value);

    /// <summary>Makes a value of a number.</summary>
    public static implicit operator RedisValue(uint? value) => value is { } number ? (RedisValue)number : Null;

    /// <summary>Makes a value of a number.</summary>
    public static implicit operator RedisValue(double value) => new(s_floating, BitConverter.DoubleToInt64Bits(value));

    /// <summary>Makes a value of a number.</summary>
    public static implicit operator RedisValue(double? value) => value is { } number ? (RedisValue)number : Null;

    /// <summary>Makes a value of bytes, which must not change until the command has been sent.</summary>
    public static implicit operator RedisValue(ReadOnlyMemory<byte> value) => OfBytes(value);

    /// <summary>Makes a value of bytes, which must not change until the command has been sent.</summary>
    public static implicit operator RedisValue(Memory<byte> value) => OfBytes(value);

    /// <summary>Makes a value of bytes; they are copied when they are not in one piece.</summary>
    public static implicit operator RedisValue(ReadOnlySequence<byte> value) =>
        value.IsSingleSegment ? OfBytes(value.First) : value.ToArray();

    /// <summary>Makes a value of a text.</summary>
    public static implicit operator RedisValue(string? value) => new(value, 0);

    /// <summary>Makes a value of bytes, which must not change until the command has been sent.</summary>
    public static implicit operator RedisValue(byte[]? value) => value is null ? Null : OfBytes(value, 0, value.Length);

    /// <summary>Makes a value of a flag: 1 or 0.</summary>
    public static implicit operator RedisValue(bool value) => new(s_signed, value ? 1 : 0);

    /// <summary>Makes a value of a flag: 1 or 0.</summary>
    public static implicit operator RedisValue(bool? value) => value is { } flag ? (RedisValue)flag : Null;

    /// <summary>The value as text.</summary>
    public static implicit operator string?(RedisValue value)
    {
        switch (value.Kind)
        {
            case Storage.Null: return null;
            case Storage.Text: return value.TextValue;
            case Storage.Bytes: return Encoding.UTF8.GetString(value.BytesValue.Span);
            default:
                Span<byte> buffer = stackalloc byte[NumberText.MaxLength];
                return Encoding.ASCII.GetString(buffer[..value.FormatNumber(buffer)]);
        }
    }

    /// <summary>The value as bytes.</summary>
    public static implicit operator byte[]?(RedisValue value)
    {
        if (value.IsNull) return null;
        if (value._source is byte[] array && array.Length == (int)value._bits) return array;
        return value.Bytes().ToArray();
    }

    /// <summary>The value as bytes.</summary>
    public static implicit operator ReadOnlyMemory<byte>(RedisValue value) => value.Bytes();

    /// <summary>The value as bytes.</summary>
    public static implicit operator ReadOnlySequence<byte>(RedisValue value) => new(value.Bytes());

    /// <summary>The value as a flag: 1 or 0; no value is false.</summary>
    public static explicit operator bool(RedisValue value) => value.TryParse(out long number) && number is 0 or 1
        ? number == 1
        : throw value.NotA("a boolean (0 or 1)");

    /// <summary>The value as a number; no value is 0.</summary>
    public static explicit operator int(RedisValue value) => checked((int)(long)value);

    /// <summary>The value as a number; no value is 0.</summary>
    public static explicit operator long(RedisValue value) => value.TryParse(out long number) ? number : throw value.NotA("a whole number");

    /// <summary>The value as a number; no value is 0.</summary>
    public static explicit operator uint(RedisValue value) => checked((uint)(long)value);

    /// <summary>The value as a number; no value is 0.</summary>
    public static explicit operator ulong(RedisValue value)
    {
        if (value.Simplify() is { Kind: Storage.Unsigned } large) return large.UnsignedValue;
        return checked((ulong)(long)value);
    }

    /// <summary>The value as a number; no value is 0.</summary>
    public static explicit operator double(RedisValue value) => value.TryParse(out double number) ? number : throw value.NotA("a number");

    /// <summary>The value as a number; no value is 0.</summary>
    public static explicit operator float(RedisValue value) => (float)(double)value;

    /// <summary>The value as a number; no value is 0.</summary>
    public static explicit operator decimal(RedisValue value) => value.Kind switch
    {
        Storage.Null => 0,
        Storage.Signed => value.SignedValue,
        Storage.Unsigned => value.UnsignedValue,
        Storage.Floating => (decimal)value.FloatingValue,
        _ => decimal.TryParse(value.Bytes().Span, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : throw value.NotA("a number"),
    };

    /// <summary>The value as a flag, or null.</summary>
    public static explicit operator bool?(RedisValue value) => value.IsNull ? null : (bool)value;

    /// <summary>The value as a number, or null.</summary>
    public static explicit operator int?(RedisValue value) => value.IsNull ? null : (int)value;

    /// <summary>The value as a number, or null.</summary>
    public static explicit operator long?(RedisValue value) => value.IsNull ? null : (long)value;

    /// <summary>The value as a number, or null.</summary>
    public static explicit operator uint?(RedisValue value) => value.IsNull ? null : (uint)value;

    /// <summary>The value as a number, or null.</summary>
    public static explicit operator ulong?(RedisValue value) => value.IsNull ? null : (ulong)value;

    /// <summary>The value as a number, or null.</summary>
    public static explicit operator double?(RedisValue value) => value.IsNull ? null : (double)value;

    /// <summary>The value as a number, or null.</summary>
    public static explicit operator float?(RedisValue value) => value.IsNull ? null : (float)value;

    /// <summary>The value as a number, or null.</summary>
    public static explicit operator decimal?(RedisValue value) => value.IsNull ? null : (decimal)value;

    /// <summary>Reads the value as a whole number; no value reads as 0.</summary>
    public bool TryParse(out long val)
    {
        switch (Kind)
        {
            case Storage.Null:
                val = 0;
                return true;
            case Storage.Signed:
                val = SignedValue;
                return true;
            case Storage.Floating:
                return NumberText.TryInteger(FloatingValue, out val);
            case Storage.Unsigned:
                val = 0;
                return false;
            default:
                return NumberText.TryParse(Ascii(stackalloc byte[NumberText.MaxLength]), out val);
        }
    }

    /// <summary>Reads the value as a whole number; no value reads as 0.</summary>
    public bool TryParse(out int val)
    {
        var parsed = TryParse(out long number) && number is >= int.MinValue and <= int.MaxValue;
        val = parsed ? (int)number : 0;
        return parsed;
    }

    /// <summary>Reads the value as a number; no value reads as 0.</summary>
    public bool TryParse(out double val)
    {
        switch (Kind)
        {
            case Storage.Null:
                val = 0;
                return true;
            case Storage.Signed:
                val = SignedValue;
                return true;
            case Storage.Unsigned:
                val = UnsignedValue;
                return true;
            case Storage.Floating:
                val = FloatingValue;
                return true;
            default:
                return NumberText.TryParse(Bytes().Span, out val);
        }
    }

    // Whatever is longer than any integer of 64 bits is replaced by a text that does not parse.
    private ReadOnlySpan<byte> Ascii(Span<byte> buffer)
    {
        if (Kind == Storage.Bytes) return BytesValue.Span;
        var text = TextValue.AsSpan();
        if (text.Length > buffer.Length) return "overlong"u8;
        return Encoding.UTF8.TryGetBytes(text, buffer, out var written) ? buffer[..written] : "overlong"u8;
    }

    private InvalidCastException NotA(string what) =>
        new($"Unable to cast from the value '{(Length() > 64 ? $"{Length()} bytes" : ToString())}' to {what}.");
}
