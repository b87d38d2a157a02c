namespace RankMyBrand.AppHost;

internal static class RedisServerOptions
{
    /// <summary>
    /// Adds options to the command line of redis-server. AddRedis starts the server through a shell, so they belong at the end of the
    /// shell's command, not after it.
    /// </summary>
    public static IResourceBuilder<RedisResource> WithServerOptions(this IResourceBuilder<RedisResource> builder, string options) =>
        builder.WithArgs(context => context.Args[^1] = $"{context.Args[^1]} {options}");
}
