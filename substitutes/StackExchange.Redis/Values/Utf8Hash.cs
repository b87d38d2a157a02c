namespace StackExchange.Redis;

/// <summary>The hash shared by texts and bytes, so that a text and its UTF-8 form meet in a dictionary.</summary>
internal static class Utf8Hash
{
    public static int Of(ReadOnlySpan<byte> bytes)
    {
        var hash = default(HashCode);
        hash.AddBytes(bytes);
        return hash.ToHashCode();
    }

    public static int Of(string text)
    {
        if (text.Length > 128) return Of(System.Text.Encoding.UTF8.GetBytes(text));
        Span<byte> buffer = stackalloc byte[384];
        return Of(buffer[..System.Text.Encoding.UTF8.GetBytes(text, buffer)]);
    }
}
