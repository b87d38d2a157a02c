namespace StackExchange.Redis;

/// <summary>The direction of a range.</summary>
public enum Order
{
    /// <summary>From the least to the greatest.</summary>
    Ascending = 0,

    /// <summary>From the greatest to the least.</summary>
    Descending = 1,
}
