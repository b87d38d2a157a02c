using System.Buffers.Text;
using RankMyBrand.Foundation.Events;

namespace RankMyBrand.EventProcessor.Events;

/// <summary>A place in a listing: the id of the last event, in URL-safe base64, opaque to clients.</summary>
internal static class EventCursor
{
    public static string Format(Guid after) => Base64Url.EncodeToString(after.ToByteArray(bigEndian: true));

    public static bool TryParse(string cursor, out Guid after)
    {
        after = default;
        Span<byte> bytes = stackalloc byte[18];
        if (cursor.Length != 22
            || !Base64Url.IsValid(cursor)
            || !Base64Url.TryDecodeFromChars(cursor, bytes, out var written)
            || written != 16)
            return false;
        after = new Guid(bytes[..16], bigEndian: true);
        return UuidV7.TryGetTime(after, out _);
    }
}
