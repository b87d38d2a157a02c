using System.Text;

namespace RankMyBrand.Tests.Gateway.Http2;

/// <summary>Header fields as HPACK (RFC 7541), each spelt out: nothing is indexed and nothing compressed, so that anything can be said.</summary>
internal static class HeaderBlock
{
    public static byte[] Encode(params IEnumerable<(string Name, string Value)> fields)
    {
        var block = new MemoryStream();
        foreach (var (name, value) in fields)
        {
            block.WriteByte(0);                                           // literal, never mind the tables
            WriteString(block, name);
            WriteString(block, value);
        }

        return block.ToArray();
    }

    /// <summary>The status, which is the first field of a response. The dynamic table is off, so that only the static one can be referred to.</summary>
    public static int ReadStatus(ReadOnlySpan<byte> block)
    {
        int[] known = [200, 204, 206, 304, 400, 404, 500];
        // A change of the table's size may come first.
        while ((block[0] & 0xe0) == 0x20)
            block = block[1..];
        if ((block[0] & 0x80) != 0)
            return known[(block[0] & 0x7f) - 8];
        if ((block[0] & 0x0f) != 8 || block[1] != 3)
            throw new FormatException($"The response begins with {Convert.ToHexString(block[..8])}, which is not a status in plain text.");
        return int.Parse(Encoding.ASCII.GetString(block.Slice(2, 3)), System.Globalization.CultureInfo.InvariantCulture);
    }

    private static void WriteString(MemoryStream block, string text)
    {
        var bytes = Encoding.Latin1.GetBytes(text);
        var length = bytes.Length;
        // An integer with a prefix of seven bits.
        if (length < 127)
        {
            block.WriteByte((byte)length);
        }
        else
        {
            block.WriteByte(127);
            for (length -= 127; length >= 128; length >>= 7)
                block.WriteByte((byte)((length & 127) | 128));
            block.WriteByte((byte)length);
        }

        block.Write(bytes);
    }
}
