using System.Collections;
using System.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;

namespace RankMyBrand.ServiceDefaults.Correlation;

/// <summary>
/// Gives every request a correlation id: in the response, the span and what the request calls, and in the log's scope where it is not the
/// trace's id, which log records have anyway.
/// </summary>
internal sealed class CorrelationMiddleware(RequestDelegate next, ILogger<CorrelationMiddleware> logger)
{
    private const string Tag = "rankmybrand.correlation_id";

    public Task InvokeAsync(HttpContext context)
    {
        var id = context.GetCorrelationId();
        // At the start of the response, because an exception handler clears headers that were set before it.
        context.Response.OnStarting(
            static state =>
            {
                var context = (HttpContext)state;
                context.Response.Headers[CorrelationId.Header] = context.GetCorrelationId();
                return Task.CompletedTask;
            },
            context);
        if (context.Features.Get<IHttpActivityFeature>()?.Activity is not { } activity)
            return InScopeAsync(context, id);
        if (activity.IsAllDataRequested)
            activity.SetTag(Tag, id);
        // What is logged or called has the trace's id anyway: as a field of a record that is exported, else in the scope. Unless the
        // request has brought another one in its baggage, which would be told to whoever is called.
        if (id == CorrelationId.OfTrace(activity) && activity.GetBaggageItem(CorrelationId.BaggageKey) is null)
            return next(context);
        activity.SetBaggage(CorrelationId.BaggageKey, id);
        return InScopeAsync(context, id);
    }

    private async Task InScopeAsync(HttpContext context, string id)
    {
        using (logger.BeginScope(new Scope(id)))
            await next(context);
    }

    private sealed class Scope(string id) : IReadOnlyList<KeyValuePair<string, object?>>
    {
        private const string Name = "CorrelationId";

        public int Count => 1;

        public KeyValuePair<string, object?> this[int index] =>
            index == 0 ? new(Name, id) : throw new ArgumentOutOfRangeException(nameof(index));

        public IEnumerator<KeyValuePair<string, object?>> GetEnumerator()
        {
            yield return this[0];
        }

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

        public override string ToString() => $"{Name}:{id}";
    }
}
