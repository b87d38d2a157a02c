using System.Buffers;

namespace RankMyBrand.Foundation.Events;

/// <summary>The rule for the names of streams. A name is a Redis key and a part of a URL, and its own hash tag in a cluster.</summary>
internal static class StreamName
{
    public const string Rule = "a stream's name is 1 to 128 characters of a-z, A-Z, 0-9, dot, hyphen and underscore";

    private static readonly SearchValues<char> s_allowed =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-");

    public static bool IsValid(string name) =>
        name.Length is > 0 and <= 128 && !name.AsSpan().ContainsAnyExcept(s_allowed);
}
