using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace RankMyBrand.Foundation.Data;

/// <summary>
/// One step of the schema: an SQL file embedded in an assembly as <c>…Migrations.NNNN_name.sql</c>, or
/// <c>…Migrations.NNNN_name.timescaledb.sql</c> for a step that only a server with TimescaleDB takes. A step that has been released
/// is never edited.
/// </summary>
public sealed partial record Migration(int Version, string Name, bool NeedsTimescale, string Sql)
{
    /// <summary>The SHA-256 of the SQL, in hexadecimal; a checkout with the line ends of Windows has the same one.</summary>
    public string Checksum =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Sql.Replace("\r\n", "\n", StringComparison.Ordinal))));

    /// <summary>The migrations embedded in an assembly, in their order.</summary>
    /// <exception cref="MigrationException">Two of them have the same version, or the name of one is not of this form.</exception>
    public static IReadOnlyList<Migration> FromAssembly(Assembly assembly) => FromAssemblies([assembly]);

    /// <summary>The migrations embedded in assemblies: those of the first one, then those of the next.</summary>
    /// <exception cref="MigrationException">Two of them have the same version, or the name of one is not of this form.</exception>
    public static IReadOnlyList<Migration> FromAssemblies(IEnumerable<Assembly> assemblies)
    {
        var migrations = assemblies.SelectMany(EmbeddedIn).ToList();
        var twice = migrations.GroupBy(migration => migration.Version).FirstOrDefault(group => group.Count() > 1);
        return twice is null
            ? migrations
            : throw new MigrationException(
                $"Several migrations have the version {twice.Key}: {string.Join(", ", twice)}. Give each a number of its own.");
    }

    /// <summary>The file's name without its ending, for example <c>0001_events</c>.</summary>
    public override string ToString() => $"{Version:0000}_{Name}";

    private static IEnumerable<Migration> EmbeddedIn(Assembly assembly) => assembly.GetManifestResourceNames()
        .Where(resource => resource.Contains(".Migrations.", StringComparison.Ordinal) && resource.EndsWith(".sql", StringComparison.Ordinal))
        .Select(resource => Of(resource, Read(assembly, resource)))
        .OrderBy(migration => migration.Version);

    /// <summary>A file that is passed over would be missed by statements that then wait for its tables for ever.</summary>
    internal static Migration Of(string resource, string sql)
    {
        var match = FileName().Match(resource);
        return match.Success
            ? new Migration(
                int.Parse(match.Groups["version"].ValueSpan), match.Groups["name"].Value, match.Groups["timescale"].Success, sql)
            : throw new MigrationException(
                $"The migration {resource} has no name of the form NNNN_name.sql or NNNN_name.timescaledb.sql, with four digits, then "
                + "letters, digits and underscores.");
    }

    private static string Read(Assembly assembly, string resource)
    {
        using var reader = new StreamReader(assembly.GetManifestResourceStream(resource)!);
        return reader.ReadToEnd();
    }

    [GeneratedRegex(@"\.Migrations\.(?<version>\d{4})_(?<name>\w+)(?<timescale>\.timescaledb)?\.sql$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex FileName();
}
