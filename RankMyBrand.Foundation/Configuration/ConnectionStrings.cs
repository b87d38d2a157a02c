using Microsoft.Extensions.Configuration;
using Npgsql;
using StackExchange.Redis;

namespace RankMyBrand.Foundation.Configuration;

/// <summary>
/// Says what is wrong with a connection string before anybody connects with it. It never says what is in it, for that may be a password;
/// nor what its readers say, which may be the part of a password after a separator.
/// </summary>
internal static class ConnectionStrings
{
    private const string RedisSection = "Aspire:StackExchange:Redis";
    private const string PostgresSection = "Aspire:Npgsql";

    /// <exception cref="InvalidOperationException">It cannot be read. One that is missing is left to whoever connects.</exception>
    public static void CheckRedis(IConfiguration configuration, string name) =>
        Check(configuration, RedisSection, name, FaultOfRedis);

    /// <exception cref="InvalidOperationException">It cannot be read. One that is missing is left to whoever connects.</exception>
    public static void CheckPostgres(IConfiguration configuration, string name) =>
        Check(configuration, PostgresSection, name, FaultOfPostgres);

    private static void Check(IConfiguration configuration, string section, string name, Func<string, string?> faultOf)
    {
        // In the order in which the client looks for it.
        string[] keys = [$"ConnectionStrings:{name}", $"{section}:{name}:ConnectionString", $"{section}:ConnectionString"];
        if (Array.Find(keys, key => configuration[key] is not null) is { } key
            && configuration[key] is { Length: > 0 } text
            && faultOf(text) is { } fault)
        {
            throw new InvalidOperationException($"{key} {fault}");
        }
    }

    private static string? FaultOfRedis(string text)
    {
        try
        {
            ConfigurationOptions.Parse(text);
            return null;
        }
        catch (ArgumentException e)
        {
            // Of a keyword that it does not know it says something else.
            var keyword = e is ArgumentOutOfRangeException ? e.ParamName : null;
            return $"{FaultOf(keyword)}; it must be like 'localhost:6379,password=…,ssl=true', and no value can have a comma in it.";
        }
    }

    private static string? FaultOfPostgres(string text)
    {
        try
        {
            var settings = new NpgsqlConnectionStringBuilder(text);
            // Npgsql says this, too, but of keywords that it does not read.
            if (settings.Pooling && settings.MinPoolSize > settings.MaxPoolSize)
            {
                return "has a 'Minimum Pool Size' greater than its 'Maximum Pool Size', which is 100 where nothing else is said; "
                    + "lower the one or raise the other.";
            }

            NpgsqlDataSource.Create(text).Dispose();
            return null;
        }
        catch (ArgumentException e)
        {
            var keyword = e.ParamName is { } name && new NpgsqlConnectionStringBuilder().ContainsKey(name) ? name : null;
            return $"{FaultOf(keyword)}; it must be like 'Host=localhost;Port=5432;Username=…;Password=…', "
                + "with quotes around a value that has a semicolon in it.";
        }
        catch (NotSupportedException e)
        {
            // All keywords and values have been understood by then, and it repeats none of the values.
            return $"has values that do not go together: {e.Message}.";
        }
    }

    private static string FaultOf(string? keyword) =>
        keyword is null ? "is malformed, or has a keyword that does not exist" : $"has no valid value of '{keyword}'";
}
