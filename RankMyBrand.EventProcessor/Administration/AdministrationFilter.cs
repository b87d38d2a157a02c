using RankMyBrand.EventProcessor.Events;
using RankMyBrand.Foundation.Events;
using RankMyBrand.ServiceDefaults.Problems;

namespace RankMyBrand.EventProcessor.Administration;

/// <summary>
/// What all of the administration has in common: it is for operators of the platform, since streams and groups are every tenant's, and
/// it says in HTTP's words what the event bus refuses.
/// </summary>
internal sealed class AdministrationFilter : IEndpointFilter
{
    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        if (EventContext.Of(context.HttpContext).Tenant is { } tenant)
        {
            return Problem.Create(
                ProblemCode.Forbidden,
                $"The administration of events concerns all tenants; a caller of the tenant '{tenant}' may not use it.");
        }

        try
        {
            return await next(context);
        }
        catch (EventRejectedException e)
        {
            return Refusal.Of(e.Rejection);
        }
        catch (ReplayConflictException e)
        {
            return Problem.Create(ProblemCode.Conflict, e.Message);
        }
    }
}
