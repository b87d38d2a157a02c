namespace StackExchange.Redis;

public readonly partial struct RedisValue
{
    TypeCode IConvertible.GetTypeCode() => TypeCode.Object;

    bool IConvertible.ToBoolean(IFormatProvider? provider) => (bool)this;

    byte IConvertible.ToByte(IFormatProvider? provider) => checked((byte)(long)this);

    char IConvertible.ToChar(IFormatProvider? provider) => checked((char)(long)this);

    DateTime IConvertible.ToDateTime(IFormatProvider? provider) => DateTime.Parse(ToString(), provider);

    decimal IConvertible.ToDecimal(IFormatProvider? provider) => (decimal)this;

    double IConvertible.ToDouble(IFormatProvider? provider) => (double)this;

    short IConvertible.ToInt16(IFormatProvider? provider) => checked((short)(long)this);

    int IConvertible.ToInt32(IFormatProvider? provider) => (int)this;

    long IConvertible.ToInt64(IFormatProvider? provider) => (long)this;

    sbyte IConvertible.ToSByte(IFormatProvider? provider) => checked((sbyte)(long)this);

    float IConvertible.ToSingle(IFormatProvider? provider) => (float)this;

    string IConvertible.ToString(IFormatProvider? provider) => ToString();

    ushort IConvertible.ToUInt16(IFormatProvider? provider) => checked((ushort)(long)this);

    uint IConvertible.ToUInt32(IFormatProvider? provider) => (uint)this;

    ulong IConvertible.ToUInt64(IFormatProvider? provider) => (ulong)this;

    object IConvertible.ToType(Type conversionType, IFormatProvider? provider)
    {
        ArgumentNullException.ThrowIfNull(conversionType);
        if (conversionType == typeof(byte[])) return (byte[])this!;
        if (conversionType == typeof(ReadOnlyMemory<byte>)) return (ReadOnlyMemory<byte>)this;
        if (conversionType == typeof(RedisValue)) return this;
        return Convert.ChangeType(ToString(), conversionType, provider);
    }
}
