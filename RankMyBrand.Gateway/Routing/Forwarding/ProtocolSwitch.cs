using Microsoft.AspNetCore.Http.Features;
using RankMyBrand.Gateway.Connections;
using RankMyBrand.Gateway.Identity;

namespace RankMyBrand.Gateway.Routing.Forwarding;

/// <summary>
/// An answer that switches protocols, of which the forwarder is to send the head only. It finds nothing to copy in either direction and
/// ends, and with it all that the request has held; then the <see cref="Relay"/> carries what comes.
/// </summary>
internal sealed class ProtocolSwitch(IHttpUpgradeFeature client, Relay relay) : IHttpUpgradeFeature
{
    private bool _isDone;

    public bool IsUpgradableRequest => client.IsUpgradableRequest;

    /// <summary>Puts itself into the place of what the forwarder would find.</summary>
    public static ProtocolSwitch Begin(HttpContext context, HttpResponseMessage response, Relay relay)
    {
        relay.Watch(Permission.Of(context));
        var began = new ProtocolSwitch(context.Features.GetRequiredFeature<IHttpUpgradeFeature>(), relay);
        context.Features.Set<IHttpUpgradeFeature>(began);
        Handover.Of(context)!.Begin();
        response.Content = RequestCopies.WithHeaders(new ByteArrayContent([]), response.Content);
        return began;
    }

    public async Task<Stream> UpgradeAsync()
    {
        await client.UpgradeAsync();
        _isDone = true;
        return Stream.Null;
    }

    /// <summary>Hands both connections over, when the client's has switched.</summary>
    public void End(Handover handover)
    {
        if (_isDone)
        {
            handover.To(relay.RunAsync);
            return;
        }

        relay.Close();
        handover.GiveUp();
    }
}
