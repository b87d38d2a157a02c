namespace RankMyBrand.ServiceDefaults.Problems;

/// <summary>What a service answers when it meets one kind of exception.</summary>
/// <param name="Answer">The answer, or null for an exception of another kind.</param>
internal sealed record ExpectedException(Func<Exception, ProblemResult?> Answer);
