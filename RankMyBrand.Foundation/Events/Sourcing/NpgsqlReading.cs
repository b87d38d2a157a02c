using Npgsql;

namespace RankMyBrand.Foundation.Events;

/// <summary>What the SQL of this folder needs of Npgsql again and again.</summary>
internal static class NpgsqlReading
{
    public static string? TextOrNull(this NpgsqlDataReader reader, int ordinal) =>
        reader.IsDBNull(ordinal) ? null : reader.GetString(ordinal);

    /// <summary>The connection of a transaction that must not have ended.</summary>
    public static NpgsqlConnection OpenConnection(this NpgsqlTransaction transaction) =>
        transaction.Connection
            ?? throw new InvalidOperationException("The transaction has been committed or rolled back; begin a new one.");
}
