using System.Buffers;

namespace RankMyBrand.Gateway.Routing.Forwarding;

/// <summary>
/// Refuses paths that become other paths when a service decodes them once more, or takes a backslash for a slash: a step up must not
/// leave the part that a route has opened.
/// </summary>
internal static class PathGuard
{
    private const int MaxDecodings = 4;
    private static readonly SearchValues<char> s_suspect = SearchValues.Create("%\\;");
    private static readonly SearchValues<char> s_separators = SearchValues.Create("/\\");

    /// <param name="path">The path as the server has decoded it: dot segments are gone, encoded slashes are still encoded.</param>
    public static bool IsSafe(string path) => path.AsSpan().IndexOfAny(s_suspect) < 0 || !Climbs(path);

    private static bool Climbs(string path)
    {
        for (var i = 0; i < MaxDecodings; i++)
        {
            if (HasDotSegment(path))
                return true;
            var decoded = Uri.UnescapeDataString(path);
            if (decoded == path)
                return false;
            path = decoded;
        }

        // Nobody encodes a path that often who has nothing to hide.
        return true;
    }

    private static bool HasDotSegment(ReadOnlySpan<char> path)
    {
        foreach (var range in path.SplitAny(s_separators))
        {
            var segment = path[range];
            // Some servers cut parameters off: '..;x' is '..' to them.
            var end = segment.IndexOf(';');
            if ((end < 0 ? segment : segment[..end]) is "." or "..")
                return true;
        }

        return false;
    }
}
