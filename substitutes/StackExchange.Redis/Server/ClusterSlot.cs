namespace StackExchange.Redis;

/// <summary>The hash slot of a key: CRC16 (XMODEM) of the key, or of the part in its first braces, modulo 16384.</summary>
internal static class ClusterSlot
{
    private const int Slots = 16384;

    public static int Of(RedisKey key)
    {
        if (key.IsNull) return -1;
        var name = key.Bytes.Span;
        var open = name.IndexOf((byte)'{');
        if (open >= 0)
        {
            var length = name[(open + 1)..].IndexOf((byte)'}');
            if (length > 0) name = name.Slice(open + 1, length);
        }
        return Crc16(name) % Slots;
    }

    private static int Crc16(ReadOnlySpan<byte> bytes)
    {
        var crc = 0;
        foreach (var b in bytes)
        {
            crc ^= b << 8;
            for (var bit = 0; bit < 8; bit++) crc = (crc & 0x8000) != 0 ? (crc << 1) ^ 0x1021 : crc << 1;
            crc &= 0xFFFF;
        }
        return crc;
    }
}
