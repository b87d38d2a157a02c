using RankMyBrand.EventProcessor.Events;

var builder = WebApplication.CreateBuilder(args);
builder.AddServiceDefaults();
builder.AddEventBus();
builder.AddEventArchive();

var app = builder.Build();
app.UseWebSockets();
app.MapDefaultEndpoints();
app.MapEvents();
app.MapLiveEvents();
await app.RunAsync();
