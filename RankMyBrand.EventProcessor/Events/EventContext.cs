using System.Diagnostics;
using RankMyBrand.Foundation.Events;
using RankMyBrand.ServiceDefaults.Correlation;

namespace RankMyBrand.EventProcessor.Events;

/// <summary>What a request says about all of its events.</summary>
/// <param name="Tenant">The caller's tenant, which the gateway sets and no client can; null for the default tenant.</param>
/// <param name="CorrelationId">The correlation id of events that bring none.</param>
/// <param name="TraceParent">The W3C trace context.</param>
/// <param name="IdempotencyKey">The value of Idempotency-Key, or null.</param>
internal sealed record EventContext(string? Tenant, string? CorrelationId, string? TraceParent, string? IdempotencyKey)
{
    public static EventContext Of(HttpContext http)
    {
        var tenant = http.Request.Headers["X-Tenant-ID"].ToString();
        var key = http.Request.Headers["Idempotency-Key"].ToString();
        return new EventContext(
            tenant is "" or EventStore.DefaultTenant ? null : tenant,
            http.GetCorrelationId(),
            Activity.Current?.Id,
            key.Length == 0 ? null : key);
    }
}
