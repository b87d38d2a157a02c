namespace RankMyBrand.Foundation.Events;

/// <summary>
/// A replay cannot begin or change as things are: its group is missing, is being replayed already, or the replay has ended.
/// </summary>
public sealed class ReplayConflictException(string message) : Exception(message);
