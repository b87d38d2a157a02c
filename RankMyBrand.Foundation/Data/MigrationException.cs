namespace RankMyBrand.Foundation.Data;

/// <summary>A database could not be brought to the newest schema.</summary>
public sealed class MigrationException(string message, Exception? innerException = null) : Exception(message, innerException);
