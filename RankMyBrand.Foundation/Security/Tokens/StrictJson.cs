using System.Text.Json;
using System.Text.Unicode;

namespace RankMyBrand.Foundation.Security;

/// <summary>Reads one JSON object that means the same to every reader: UTF-8, no member twice at any depth, no broken strings.</summary>
internal static class StrictJson
{
    private static readonly JsonDocumentOptions s_options = new() { MaxDepth = 16 };

    /// <summary>
    /// Returns <see cref="JwtRefusal.None"/> and the object, <see cref="JwtRefusal.DuplicateMember"/>, or <paramref name="malformed"/>.
    /// </summary>
    public static JwtRefusal TryParse(ReadOnlySpan<byte> utf8, JwtRefusal malformed, out JsonElement value)
    {
        value = default;
        // Keeps noise away from the parser, whose only way to say no is an exception.
        if (utf8.Length < 2 || utf8[0] != '{' || utf8[^1] != '}' || !Utf8.IsValid(utf8))
            return malformed;
        try
        {
            value = JsonElement.Parse(utf8, s_options);
            return HasDuplicates(value) ? JwtRefusal.DuplicateMember : JwtRefusal.None;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return malformed;                                            // the latter: half of a surrogate pair in a string
        }
    }

    /// <summary>Also reads every name and string once, so that no later read can fail.</summary>
    private static bool HasDuplicates(JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.String:
                _ = value.GetString();
                return false;
            case JsonValueKind.Array:
                return value.EnumerateArray().Any(HasDuplicates);
            case JsonValueKind.Object:
                var names = new HashSet<string>(StringComparer.Ordinal);
                return value.EnumerateObject().Any(member => !names.Add(member.Name) || HasDuplicates(member.Value));
            default:
                return false;
        }
    }
}
