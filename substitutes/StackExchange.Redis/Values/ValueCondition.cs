namespace StackExchange.Redis;

/// <summary>What must be true of a key's value for a write to apply.</summary>
public readonly struct ValueCondition
{
    private readonly Test _test;
    private readonly RedisValue _value;

    private ValueCondition(Test test, RedisValue value = default)
    {
        _test = test;
        _value = value;
    }

    /// <summary>The write applies in every case.</summary>
    public static ValueCondition Always => default;

    /// <summary>The key must exist.</summary>
    public static ValueCondition Exists => new(Test.Exists);

    /// <summary>The key must not exist.</summary>
    public static ValueCondition NotExists => new(Test.NotExists);

    /// <summary>The value that is compared with, if any.</summary>
    public RedisValue Value => _value;

    private enum Test : byte { Always, Exists, NotExists, Equal, NotEqual }

    internal bool IsAlways => _test == Test.Always;

    /// <summary>The present value must equal this one (Redis 8.4).</summary>
    public static ValueCondition Equal(in RedisValue value) => new(value.IsNull ? Test.NotExists : Test.Equal, value);

    /// <summary>The present value must differ from this one (Redis 8.4).</summary>
    public static ValueCondition NotEqual(in RedisValue value) => new(value.IsNull ? Test.Exists : Test.NotEqual, value);

    /// <summary>The condition of a <see cref="When"/>.</summary>
    public static implicit operator ValueCondition(When when) => when switch
    {
        When.Always => Always,
        When.Exists => Exists,
        When.NotExists => NotExists,
        _ => throw new ArgumentOutOfRangeException(nameof(when), when, "The condition must be Always, Exists or NotExists."),
    };

    /// <summary>The opposite condition; there is none of <see cref="Always"/>.</summary>
    public static ValueCondition operator !(in ValueCondition value) => value._test switch
    {
        Test.Exists => NotExists,
        Test.NotExists => Exists,
        Test.Equal => new(Test.NotEqual, value._value),
        Test.NotEqual => new(Test.Equal, value._value),
        _ => throw new InvalidOperationException("The condition Always has no opposite."),
    };

    internal void WriteTo(CommandFrame frame)
    {
        if (_test == Test.Always) return;
        frame.Add(Word);
        if (_test >= Test.Equal) frame.Add(_value);
    }

    /// <summary>The words that are sent, for instance <c>NX</c>.</summary>
    public override string ToString() => _test >= Test.Equal
        ? $"{System.Text.Encoding.ASCII.GetString(Word)} {_value}"
        : System.Text.Encoding.ASCII.GetString(Word);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is ValueCondition other && other._test == _test && other._value == _value;

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(_test, _value);

    private ReadOnlySpan<byte> Word => _test switch
    {
        Test.Exists => "XX"u8,
        Test.NotExists => "NX"u8,
        Test.Equal => "IFEQ"u8,
        Test.NotEqual => "IFNE"u8,
        _ => default,
    };
}
