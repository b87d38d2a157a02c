namespace StackExchange.Redis;

/// <summary>How scores of one member in several sorted sets combine.</summary>
public enum Aggregate
{
    /// <summary>Their sum.</summary>
    Sum = 0,

    /// <summary>The least.</summary>
    Min = 1,

    /// <summary>The greatest.</summary>
    Max = 2,

    /// <summary>How many sets hold the member.</summary>
    Count = 3,
}
