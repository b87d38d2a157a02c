namespace Aspire.Hosting.Execution;

/// <summary>An image's repository without registry, <c>library/</c>, tag and digest, and its tag.</summary>
internal readonly record struct ImageName(string Repository, string Tag)
{
    public static ImageName Parse(string image)
    {
        string name = image.Split('@')[0];
        int colon = name.IndexOf(':', name.LastIndexOf('/') + 1);
        (string path, string tag) = colon < 0 ? (name, "latest") : (name[..colon], name[(colon + 1)..]);

        // The first segment is a registry when it looks like a host: docker.io/library/redis, localhost:5000/redis.
        int slash = path.IndexOf('/', StringComparison.Ordinal);
        if (slash > 0 && (path.AsSpan(0, slash).IndexOfAny('.', ':') >= 0 || path.AsSpan(0, slash).SequenceEqual("localhost")))
        {
            path = path[(slash + 1)..];
        }

        return new(path.StartsWith("library/", StringComparison.Ordinal) ? path["library/".Length..] : path, tag);
    }
}
