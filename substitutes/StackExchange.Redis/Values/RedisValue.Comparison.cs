using System.Text;

namespace StackExchange.Redis;

public readonly partial struct RedisValue
{
    /// <summary>Whether two values are the same: numbers by size, everything else by its bytes.</summary>
    public static bool operator ==(RedisValue x, RedisValue y) => x.Equals(y);

    /// <summary>Whether two values differ.</summary>
    public static bool operator !=(RedisValue x, RedisValue y) => !x.Equals(y);

    /// <inheritdoc/>
    public override bool Equals(object? obj)
    {
        if (obj is null) return IsNull;
        return TryUnbox(obj, out var other) && Equals(other);
    }

    /// <inheritdoc/>
    public bool Equals(RedisValue other)
    {
        if (_source is string x && other._source is string y && x == y) return true;
        var (a, b) = (Simplify(), other.Simplify());
        var kind = a.Kind;
        switch (kind)
        {
            case Storage.Null:
                return b.IsNull;
            case Storage.Signed or Storage.Unsigned:
                return b.Kind == kind && a._bits == b._bits;
            case Storage.Floating:
                return b.Kind == kind && a.FloatingValue.Equals(b.FloatingValue);
            default:
                if (b.Kind is not (Storage.Text or Storage.Bytes)) return false;
                if (kind == Storage.Text && b.Kind == Storage.Text) return a.TextValue == b.TextValue;
                return a.Bytes().Span.SequenceEqual(b.Bytes().Span);
        }
    }

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var value = Simplify();
        switch (value.Kind)
        {
            case Storage.Null:
                return -1;
            case Storage.Signed or Storage.Unsigned:
                return value._bits.GetHashCode();
            case Storage.Floating:
                return value.FloatingValue.GetHashCode();
            default:
                return Utf8Hash.Of(value.Bytes().Span);
        }
    }

    /// <summary>Orders numbers by size and everything else by its bytes; no value comes first.</summary>
    public int CompareTo(RedisValue other)
    {
        if (IsNull || other.IsNull) return other.IsNull.CompareTo(IsNull);
        var (a, b) = (Simplify(), other.Simplify());
        if (a.IsNumber && b.IsNumber)
        {
            if (a.Kind == Storage.Signed && b.Kind == Storage.Signed) return a.SignedValue.CompareTo(b.SignedValue);
            if (a.Kind == Storage.Unsigned && b.Kind == Storage.Unsigned) return a.UnsignedValue.CompareTo(b.UnsignedValue);
            return ((double)a).CompareTo((double)b);
        }
        return Bytes().Span.SequenceCompareTo(other.Bytes().Span);
    }

    int IComparable.CompareTo(object? obj) => CompareTo(Unbox(obj));

    private bool IsNumber => Kind is Storage.Signed or Storage.Unsigned or Storage.Floating;

    /// <summary>The same value held as a number when it is the text of one, so that 5, 5.0 and "5" meet.</summary>
    internal RedisValue Simplify()
    {
        switch (Kind)
        {
            case Storage.Floating:
                return NumberText.TryInteger(FloatingValue, out var whole) ? whole : this;
            case Storage.Text:
                var text = TextValue;
                if (text.Length is 0 or > NumberText.MaxLength || !MayBeNumber(text[0])) return this;
                Span<byte> buffer = stackalloc byte[NumberText.MaxLength * 3];
                return Simplify(buffer[..Encoding.UTF8.GetBytes(text, buffer)]);
            case Storage.Bytes:
                var bytes = BytesValue.Span;
                return bytes.Length is 0 or > NumberText.MaxLength || !MayBeNumber((char)bytes[0]) ? this : Simplify(bytes);
            default:
                return this;
        }
    }

    private RedisValue Simplify(ReadOnlySpan<byte> text)
    {
        if (NumberText.TryParse(text, out long signed)) return signed;
        if (NumberText.TryParse(text, out ulong unsigned)) return unsigned;
        // Infinity and not-a-number stay text: they would break equality.
        if (!NumberText.TryParse(text, out double number) || !double.IsFinite(number)) return this;
        return NumberText.TryInteger(number, out var whole) ? whole : number;
    }

    private static bool MayBeNumber(char first) => first is (>= '0' and <= '9') or '-' or '+' or '.';
}
