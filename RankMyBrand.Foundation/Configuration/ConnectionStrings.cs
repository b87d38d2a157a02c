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
    /// <exception cref="InvalidOperationException">It cannot be read. One that is missing is left to whoever connects.</exception>
    public static void CheckRedis(IConfiguration configuration, string name) => Check(
        configuration,
        name,
        text => ConfigurationOptions.Parse(text),
        // Of a keyword that it does not know it says something else.
        fault => fault is ArgumentOutOfRangeException,
        "it must be like 'localhost:6379,password=…,ssl=true', and no value can have a comma in it.");

    /// <exception cref="InvalidOperationException">It cannot be read. One that is missing is left to whoever connects.</exception>
    public static void CheckPostgres(IConfiguration configuration, string name) => Check(
        configuration,
        name,
        text => NpgsqlDataSource.Create(text).Dispose(),
        fault => new NpgsqlConnectionStringBuilder().ContainsKey(fault.ParamName!),
        "it must be like 'Host=localhost;Port=5432;Username=…;Password=…', with quotes around a value that has a semicolon in it.");

    private static void Check(
        IConfiguration configuration, string name, Action<string> read, Predicate<ArgumentException> isOfAKeyword, string remedy)
    {
        if (configuration.GetConnectionString(name) is { Length: > 0 } text && FaultOf(text, read, isOfAKeyword) is { } fault)
            throw new InvalidOperationException($"ConnectionStrings:{name} {fault}; {remedy}");
    }

    private static string? FaultOf(string text, Action<string> read, Predicate<ArgumentException> isOfAKeyword)
    {
        try
        {
            read(text);
            return null;
        }
        catch (ArgumentException e)
        {
            return e.ParamName is not null && isOfAKeyword(e)
                ? $"has no valid value of '{e.ParamName}'"
                : "is malformed, or has a keyword that does not exist";
        }
    }
}
