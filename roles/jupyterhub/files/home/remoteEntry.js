// Copyright: (c) 2026, kubehub contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

// An extension of JupyterLab 4 as it is loaded, so there is no build: a container of webpack's module federation.
// It shows what the server has to tell (kubehub_home.py), each as a notification, and takes that away when it is no longer said.
(() => {
  const SECONDS = 60;
  let shared;

  const plugin = {
    id: 'kubehub-home:note',
    autoStart: true,
    activate: async app => {
      const services = Object.values(shared['@jupyterlab/services'])[0];
      const { ServerConnection } = (await services.get())();
      const settings = app.serviceManager.serverSettings;
      const ids = {}, said = {};

      const show = async (name, note) => {
        if (Boolean(note) !== Boolean(said[name])) {
          if (note) {
            ids[name] = await app.commands.execute('apputils:notify', { message: note, type: 'warning', options: { autoClose: false } });
          } else {
            await app.commands.execute('apputils:dismiss-notification', { id: ids[name] });
          }
        } else if (note && note !== said[name]) {
          // No more than the list's text: whoever closed the note has read it.
          await app.commands.execute('apputils:update-notification', { id: ids[name], message: note });
        }
        said[name] = note;
      };
      const look = async () => {
        try {
          if (!document.hidden) {
            const answer = await ServerConnection.makeRequest(`${settings.baseUrl}kubehub/home`, {}, settings);
            for (const [name, note] of answer.ok ? Object.entries((await answer.json()).notes) : []) await show(name, note);
          }
        } catch (error) {
          console.warn('kubehub-home:', error);
        }
        setTimeout(look, 1000 * SECONDS);
      };
      app.restored.then(look);
    }
  };

  (window._JUPYTERLAB ??= {})['kubehub-home'] = {
    init: scope => { shared = scope; },
    get: async () => () => ({ __esModule: true, default: plugin })
  };
})();
