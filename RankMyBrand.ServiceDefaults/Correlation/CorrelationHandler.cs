using System.Diagnostics;

namespace RankMyBrand.ServiceDefaults.Correlation;

/// <summary>Passes the correlation id of the current work on to the services it calls.</summary>
internal sealed class CorrelationHandler : DelegatingHandler
{
    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var activity = Activity.Current;
        var id = activity?.GetBaggageItem(CorrelationId.BaggageKey) ?? CorrelationId.OfTrace(activity);
        // Baggage may come from outside, and a caller may have chosen an id of its own.
        if (CorrelationId.IsValid(id) && !request.Headers.Contains(CorrelationId.Header))
        {
            request.Headers.Add(CorrelationId.Header, id);
        }

        return base.SendAsync(request, cancellationToken);
    }
}
