using System.Diagnostics;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;

namespace RankMyBrand.ServiceDefaults.Problems;

/// <summary>Answers unhandled exceptions. In Development the framework's error page asks it too: errors look the same everywhere.</summary>
internal sealed partial class ProblemExceptionHandler(ExceptionProblems problems, ILogger<ProblemExceptionHandler> logger)
    : IExceptionHandler, IDeveloperPageExceptionFilter
{
    public async ValueTask<bool> TryHandleAsync(HttpContext httpContext, Exception exception, CancellationToken cancellationToken)
    {
        var problem = problems.Of(exception);
        if (problem.StatusCode >= StatusCodes.Status500InternalServerError)
        {
            Record(httpContext.Features.Get<IHttpActivityFeature>()?.Activity, exception);
        }

        if (problem.Code is ProblemCode.Unavailable)
        {
            // A dependency that is down fails every request: one line each, the stack is in the span.
            var request = httpContext.Request;
            Log.DependencyUnavailable(logger, request.Method, request.Path, exception.GetType().Name, exception.Message);
        }

        await problem.ExecuteAsync(httpContext);
        return true;
    }

    public async Task HandleExceptionAsync(ErrorContext errorContext, Func<ErrorContext, Task> next) =>
        await problems.Of(errorContext.Exception).ExecuteAsync(errorContext.HttpContext);

    // The framework tells tracers only of exceptions that nobody handled.
    private static void Record(Activity? activity, Exception exception)
    {
        activity?.SetTag("error.type", exception.GetType().FullName);
        activity?.AddException(exception);
    }

    private static partial class Log
    {
        [LoggerMessage(
            EventIds.DependencyUnavailable,
            LogLevel.Warning,
            "{Method} {Path} met a dependency that does not answer: {Exception}: {Reason}")]
        public static partial void DependencyUnavailable(ILogger logger, string method, string path, string exception, string reason);
    }
}
