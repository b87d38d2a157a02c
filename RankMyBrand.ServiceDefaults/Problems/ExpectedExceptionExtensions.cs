using Microsoft.Extensions.DependencyInjection;
using RankMyBrand.ServiceDefaults.Problems;

namespace Microsoft.Extensions.Hosting;

/// <summary>Makes exceptions that a service expects into answers of their own.</summary>
public static class ExpectedExceptionExtensions
{
    /// <summary>
    /// Answers a request that ends with <typeparamref name="TException"/> with <paramref name="answer"/>, for example
    /// <c>builder.AddProblem&lt;VersionConflictException&gt;(conflict =&gt; Problem.Create(ProblemCode.Conflict, conflict.Message))</c>.
    /// </summary>
    public static void AddProblem<TException>(this IHostApplicationBuilder builder, Func<TException, ProblemResult> answer)
        where TException : Exception =>
        builder.Services.AddSingleton(new ExpectedException(exception => exception is TException expected ? answer(expected) : null));
}
